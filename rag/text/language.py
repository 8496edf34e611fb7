"""The language of a question or of a sentence.

English, German, French, Spanish and Chinese are told apart by their function words and letters;
these the glossary reads. Which other language a text is in, py3langid tells.
"""

import re
import threading
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag.text.words import STOPWORDS

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENGLISH, CHINESE, GERMAN = "en", "zh", "de"
EUROPEAN_LANGUAGES = ("de", "fr", "es")
MAX_READ = 3000  # characters: the language of a longer text shows at its beginning
# If only one word of a question is certainly foreign, this share of its words must be known ones.
MIN_KNOWN_SHARE = 0.5
# Probability of a language without a glossary: of a text that is English otherwise, and of one that
# is German, French or Spanish otherwise; and how much likelier than English it must be.
MIN_UNREAD, MIN_UNREAD_FOREIGN, MIN_RATIO = 0.3, 0.6, 25.0

# How much likelier than the next one an unread language must be to be named.
CLEARLY = 1.5
UNDETERMINED = "und"

_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")  # Japanese, which the glossary does not know
# Neither Latin nor Han; a single Greek letter is a symbol.
_OTHER_LETTER = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff\u4e00-\u9fff]")
_OTHER_LETTERS = re.compile(_OTHER_LETTER.pattern + "{2,}")
# Languages in Latin letters that are looked for. Their smaller neighbours (Walloon, Aragonese …)
# are not, because py3langid takes short French and Spanish questions for them.
_LATIN = {
    "ca": "Catalan", "cs": "Czech", "da": "Danish", "et": "Estonian", "fi": "Finnish",
    "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "sk": "Slovak", "sl": "Slovenian",
    "sq": "Albanian", "sv": "Swedish", "sw": "Swahili", "tl": "Tagalog", "tr": "Turkish",
    "vi": "Vietnamese",
}  # fmt: skip
_OTHERS = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "el": "Greek", "fa": "Persian",
    "he": "Hebrew", "hi": "Hindi", "ja": "Japanese", "ko": "Korean", "ru": "Russian",
    "sr": "Serbian", "ta": "Tamil", "th": "Thai", "uk": "Ukrainian", "ur": "Urdu",
}  # fmt: skip
_READ = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "zh": "Chinese"}
LANGUAGE_CODES = {name: code for code, name in (_READ | _LATIN | _OTHERS).items()}
_QUOTED = re.compile(
    r"“[^“”]{0,300}”|\"[^\"]{0,300}\"|(?<!\w)['‘][^'‘’]{1,300}['’](?!\w)"
    r"|«[^«»]{1,300}»|„[^„“”]{1,300}[“”]|「[^「」]{1,300}」|『[^『』]{1,300}』|《[^《》]{1,300}》"
)
# A French elision is a word of its own; a hyphenated word is one word.
_TOKEN = re.compile(r"(?:c|d|j|l|m|n|s|t|qu|jusqu)['’](?=\w)|[^\W\d_]+(?:-[^\W\d_]+)*", re.I)
_WORD = re.compile(r"[^\W\d_]+")
_NAME_PART = re.compile(r"[\w^+/-]*\d[\w^+/-]*")  # "vlm2", "fara-7b"
# The word before a hidden name: "articles de PERSON0".
_BEFORE_PERSON = re.compile(r"([^\W\d_]+['’]?)\s*PERSON\d")
# English words that are also German, French or Spanish words.
_SHARED = frozenset("a am an as die do du he her i in me most no on so son us was will".split())
_ENGLISH_ONLY = STOPWORDS - _SHARED
_loading = threading.Lock()  # held while py3langid's model is loaded


def question_language(question: str) -> str:
    """Return the language that the function words indicate; without clear evidence, English.

    Many words are spelled alike in two languages ("die", "on", "pour") or are parts of names
    ("de la", "von"). They count only beside words that no English question contains, or before the
    placeholder of a person's name, which hides the name's own.
    """
    text = _QUOTED.sub(" ", question[:MAX_READ])  # a quoted phrase may be in any language
    is_shouted = text.isupper()
    tokens = [t for t in _TOKEN.findall(text) if is_shouted or len(t) < 2 or not t.isupper()]
    plain = [strip_accents(token) for token in tokens]
    capitalised = sum(token != word for token, word in zip(tokens[1:], plain[1:], strict=True))
    english = [token for token in plain if token in STOPWORDS]
    if han := len(_HAN.findall(text)):
        # Two characters make a word; a question that begins in English is more likely English.
        is_chinese = han >= 2 and han > 2 * (len(english) + (plain[:1] == english[:1] != []))
        return CHINESE if is_chinese and not _KANA.search(text) else ENGLISH
    before_names = {strip_accents(word.casefold()) for word in _BEFORE_PERSON.findall(text)}
    best, best_score = ENGLISH, (0, 0)
    for language, (tells, hints, openers) in function_words().items():
        certain = {token for token in plain if token in tells} | before_names & hints
        share = MIN_KNOWN_SHARE if certain else 1.0  # "y Vitron?", but not "Y combinator"
        certain |= set(plain[:1]) & openers
        known = sum(token in certain or token in hints for token in plain)
        against = [token for token in english if token not in tells and token not in hints]
        weight = len(against) + (plain[:1] == against[:1] != [])
        is_likely = not against and known >= share * (len(plain) - capitalised)
        is_clear = len(certain) > 1 or (certain and is_likely)
        if is_clear and known > weight and (len(certain), known) > best_score:
            best, best_score = language, (len(certain), known)
    return best


def unread_language(text: str, read_as: str) -> str:
    """Return the code of a text's language if it is none of the five; "" without clear evidence.

    `read_as` is the one of the five that it has otherwise. Names count for no language.
    """
    text = _QUOTED.sub(" ", text[:MAX_READ])
    words = [w for w in _TOKEN.findall(text) if text.isupper() or w[1:].islower() or len(w) == 1]
    plain = [strip_accents(word) for word in words]
    if letters := "".join(_OTHER_LETTERS.findall(text)):
        if _KANA.search(text):
            letters += "".join(_HAN.findall(text))
        english = [word for word in plain if word in STOPWORDS]
        # As with Chinese: English questions mention foreign words, too.
        if len(letters) > 2 * (len(english) + (plain[:1] == english[:1] != [])):
            return str(_identifier().classify(re.sub("[A-Za-z]+", " ", text))[0])
    if read_as == CHINESE or len(words) < 2:
        return ""
    chances = dict(_identifier().rank(" ".join(words).lower()))
    likeliest = max(chances, key=lambda language: chances[language])
    english_too = chances[ENGLISH] + chances["pcm"]  # Nigerian Pidgin
    least = MIN_UNREAD if read_as == ENGLISH else MIN_UNREAD_FOREIGN
    is_clear = chances[likeliest] >= max(least, MIN_RATIO * english_too)
    return likeliest if likeliest in _LATIN and is_clear else ""


def likeliest_unread(words: Sequence[str]) -> tuple[str, float, float]:
    """Return the likeliest unread language of words in Latin letters, and how likely it is.

    The figures are its probability and how many times it is as likely as the likeliest of the
    languages that are read; the code is UNDETERMINED if another unread language is about as likely.
    """
    chances = dict(_identifier().rank(" ".join(words).lower()))
    first, second = sorted(_LATIN, key=lambda language: -chances[language])[:2]
    read = max(chances[ENGLISH] + chances["pcm"], *(chances[code] for code in EUROPEAN_LANGUAGES))
    is_clear = chances[first] >= CLEARLY * chances[second]
    ratio = float(chances[first] / max(read, 1e-9))
    return first if is_clear else UNDETERMINED, float(chances[first]), ratio


def plain_words(text: str) -> list[str]:
    """Return the words in small Latin letters, without quoted ones and names like "vlm2"."""
    text = _NAME_PART.sub(" ", _QUOTED.sub(" ", text[:MAX_READ]))
    return [w for w in _TOKEN.findall(text) if w.islower() and not _OTHER_LETTER.search(w)]


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Return where the parts in quotation marks begin and end."""
    return [match.span() for match in _QUOTED.finditer(text)]


def is_quoting(text: str) -> bool:
    """Return whether a text has a part in quotation marks."""
    return bool(_QUOTED.search(text))


def language_name(code: str) -> str:
    """Return a language's English name."""
    return (_LATIN | _OTHERS).get(code, "another language")


def preload() -> None:
    """Load py3langid's model in a thread.

    Most of its half a second is decompression, beside which other threads run.
    """
    threading.Thread(target=_identifier, name="language-model", daemon=True).start()


def _identifier() -> "LanguageIdentifier":
    """Return py3langid's model, which is loaded once."""
    with _loading:
        return _load_identifier()


@lru_cache(maxsize=1)
def _load_identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def sentence_language(sentence: str, expected: str = ENGLISH) -> str:
    """Return en, de, fr, es or zh; "" for any other language.

    A sentence without any English function word ("HeronNet counts herons.") counts as written in
    the question's language unless its words or letters indicate another one.
    """
    sentence = sentence[:MAX_READ]
    words = _WORD.findall(sentence.casefold())
    language = question_language(sentence)
    if unread_language(sentence, language):
        return ""
    if language != ENGLISH or any(word in _ENGLISH_ONLY for word in words):
        return language
    known = {
        language: sum(word in tells or word in hints for word in words if word not in STOPWORDS)
        for language, (tells, hints, _) in function_words().items()
    }
    likeliest = max(EUROPEAN_LANGUAGES, key=lambda language: known[language])
    if known[likeliest] > 1 or (known[likeliest] and expected == likeliest):
        return likeliest
    return expected if all(word.isascii() for word in words) else ""


@lru_cache(maxsize=1)
def function_words() -> dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]]:
    """Return each language's certain words, its other function words, and its opening words."""
    found = {}
    for language in EUROPEAN_LANGUAGES:
        entry = glossary()["evidence"][language]
        tells, hints, openers = (
            frozenset(spelling for word in entry[name].split() for spelling in spellings(word))
            for name in ("tells", "hints", "openers")
        )
        found[language] = (tells, hints, openers)
    return found


@lru_cache(maxsize=1)
def glossary() -> dict[str, Any]:
    """Return the tables of glossary.toml: function words, terms and rewrites of each language."""
    return tomllib.loads((files("rag.text") / "glossary.toml").read_text(encoding="utf-8"))


def spellings(word: str) -> set[str]:
    """Return a word as people type it: with and without `ß` and `œ`, `ü` as `u` or as `ue`."""
    spelled_out = word
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        spelled_out = spelled_out.replace(letter, letters)
    return {
        strip_accents(form)
        for spelling in (word, spelled_out)
        for form in (spelling, spelling.replace("ß", "ss").replace("œ", "oe"))
    }


class _PlainLetters(dict[int, str]):
    """Maps each letter to its lower case without accent; one to one, so that offsets stay."""

    def __missing__(self, code: int) -> str:
        lower = chr(code).lower()
        plain = "'" if lower in "’‘´`ʼ" else unicodedata.normalize("NFKD", lower)[0]
        self[code] = plain
        return plain


_PLAIN_LETTERS = _PlainLetters()


def strip_accents(text: str) -> str:
    """Return the text in lower case without accents; every letter keeps its offset."""
    return text.translate(_PLAIN_LETTERS)
