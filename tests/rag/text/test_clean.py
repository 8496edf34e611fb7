import time

import pytest

from rag.text.clean import clean, clean_characters


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        ("Wader\u200bNet counts wad\u00ading birds", "WaderNet counts wading birds"),
        ("Ebb\u20114 and Flow\u2010Net", "Ebb-4 and Flow-Net"),
        ("Spin\u2060dle: weav\ufeffing \ufb01ne e\ufb00ects", "Spindle: weaving fine effects"),
        ("Cafe\u0301 Nun\u0303ez", "Café Nuñez"),
        ("An \u202eupside\u202c \u2066down\u2069 \u200ftitle\u061c", "An upside down title"),
        ("A\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065 B", "A B"),
        ("no\u2062sum\u034f\u3164\U000e0101", "nosum"),
        ("\x1b[1;31mRed\x1b[0m \x1b]0;mine\x07alert\x07", "Red alert"),
        ("two\nlines\u2028and\u00a0spaces\x85more", "two lines and spaces more"),
        ("half \ud83d a pair", "half ? a pair"),
    ],
)
def test_what_nobody_sees_or_types_is_taken_out(received: str, shown: str) -> None:
    assert clean_characters(received) == shown
    assert clean(received) == shown


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d🔬 writes ❤\ufe0f and 👨\u200d👩\u200d👧 in 3\ufe0f\u20e3 steps",
        "🏳\ufe0f\u200d🌈 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 👍🏽",
        "می\u200cخواهم",  # Persian
        "क्\u200dष और श्\u200cर",  # Hindi
        "ශ්\u200dරී",  # Sinhala
        "רשתות נוירונים",
        "τ² and ＡＢＣ at 20 °C",
    ],
)
def test_emoji_and_scripts_keep_what_they_need(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d", "\ufe0f"])
def test_joiners_between_latin_letters_are_taken_out(joiner: str) -> None:
    assert clean(f"Peb{joiner}ble") == "Pebble"


def test_a_text_of_nothing_but_invisible_characters_is_empty() -> None:
    assert clean("\u200b\u2060\ufeff\u00ad") == ""


@pytest.mark.parametrize(
    "part", ["\u200b", "\\", "$", "{", "\\{", "``", "\x1b]", "\\ ", "$\\a$", "^{"]
)
def test_long_texts_take_linear_time(part: str) -> None:
    text = part * 50_000
    started = time.perf_counter()
    clean(text)
    assert time.perf_counter() - started < 5
