"""Right-to-left text does not move what stands beside it."""

import io
import unicodedata

import pytest
from rich.text import Text

from bot.console.terminal import PlainConsole, Terminal
from bot.render.direction import FIRST_STRONG, POP, as_html, isolated, with_isolates
from bot.render.parts import split
from bot.render.safe_text import link, plain, plain_within

HEBREW, ARABIC, MIXED = "ספירת ציפורים מרחפן", "عدّ الطيور من طائرة", "זיהוי YOLO מהיר"
URL = "https://huggingface.co/papers/1"


def in_sight(text: str) -> str:
    """Return the text with [ and ] for the isolates."""
    return text.replace(FIRST_STRONG, "⟦").replace(POP, "⟧")


@pytest.mark.parametrize(
    "text", ["HeronNet: Counting Birds", "低秩适配 (LoRA), 3 · 5", "การเรียนรู้ 3", "Étude “π” 🇩🇪"]
)
def test_other_text_stays_byte_for_byte(text: str) -> None:
    assert isolated(text) == with_isolates(text) == as_html(text) == text
    assert link(text, URL) == f"[{plain(text)}](<{URL}>)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HEBREW, f"⟦{HEBREW}⟧"),
        (f"12 upvotes · {ARABIC} · 3 comments", f"12 upvotes · ⟦{ARABIC}⟧ · 3 comments"),
        (f"{HEBREW} · 2025-12-04 · code", f"⟦{HEBREW}⟧ · 2025-12-04 · code"),
        (f"3. {MIXED} [2]", f"3. ⟦{MIXED}⟧ [2]"),
        (f"0.53  12.10  {ARABIC}", f"0.53  12.10  ⟦{ARABIC}⟧"),
        (f"It is by {HEBREW}, 3 others", f"It is by ⟦{HEBREW}⟧, 3 others"),
        (f"“{MIXED}” [1]", f"“⟦{MIXED}⟧” [1]"),
        (f"HeronNet ({MIXED}), 2025", f"HeronNet (⟦{MIXED}⟧), 2025"),
        (f"first\n{HEBREW}\n2. last", f"first\n⟦{HEBREW}⟧\n2. last"),
        (f"Authors of {HEBREW}: {ARABIC}, 3", f"Authors of ⟦{HEBREW}⟧: ⟦{ARABIC}⟧, 3"),
        ("ܣܦܪܐ · 5 ▲", "⟦ܣܦܪܐ⟧ · 5 ▲"),
        ("ދިވެހި · 5 ▲", "⟦ދިވެހި⟧ · 5 ▲"),
    ],
)
def test_right_to_left_text_is_isolated_where_it_stands(text: str, shown: str) -> None:
    assert in_sight(with_isolates(text)) == shown
    assert with_isolates(with_isolates(text)) == with_isolates(text)


def test_known_values_are_isolated_as_a_whole() -> None:
    line = f"HeronNet: {MIXED}, 3 · by A. One and {ARABIC} in 2025"
    title = f"HeronNet: {MIXED}, 3"
    assert in_sight(with_isolates(line, [title, ARABIC, "A. One", ""])) == (
        f"⟦{title}⟧ · by A. One and ⟦{ARABIC}⟧ in 2025"
    )


def test_overrides_and_foreign_isolates_are_taken_out() -> None:
    assert isolated("Evil \u202eTitle\u202c\u2069") == "Evil Title"
    assert in_sight(isolated(f"\u2067{HEBREW}\u2069\u2069")) == f"⟦{HEBREW}⟧"


def test_discord_links_and_quotes_are_isolated() -> None:
    assert in_sight(link(MIXED, URL)) == f"[⟦{MIXED}⟧](<{URL}>)"
    assert in_sight(plain(f"{HEBREW} *5*")) == f"⟦{HEBREW} \\*5\\*⟧"
    see = in_sight(plain(f"{HEBREW} https://x.example"))
    assert see == f"⟦{HEBREW} `https://x.example`⟧"
    assert in_sight(link("עברית evil.example", URL)).startswith("⟦עברית evil.example⟧ ([page]")


def test_an_isolate_is_never_cut_in_two() -> None:
    assert len(plain_within(HEBREW * 20, 100)) <= 100
    for part in split(" ".join(plain(HEBREW + str(n)) for n in range(40)), 100):
        assert part.count(FIRST_STRONG) == part.count(POP)


def test_mail_has_an_element_for_each_isolate() -> None:
    assert as_html(f"<b> · {isolated(HEBREW)}") == f'&lt;b&gt; · <bdi dir="auto">{HEBREW}</bdi>'


def test_a_terminal_isolates_what_it_prints_and_json_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, force_terminal=True, color_system=None, width=60)
    title = Text("1. ")
    title.append(MIXED, style="bold")
    title.append("  featured 2025-12-04, 9 upvotes")
    console.print(title)
    assert f"1. ⟦{MIXED}⟧  featured" in in_sight(
        file.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    )
    console.print(Text(f"a \u2067b\u2069 {HEBREW}"))
    assert f"a \ufffdb ⟦{HEBREW}⟧" in in_sight(file.getvalue())
    Terminal().rows([{"title": MIXED}])
    out = capsys.readouterr().out
    assert MIXED in out
    assert not any(unicodedata.category(c) == "Cf" for c in out)
