"""Puts questions into English with the language model, in languages without a glossary.

What the model writes is used only if it is English; names and numbers that it leaves out are added.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from rag.text.language import ENGLISH, question_language, unread_language

MAX_TRANSLATIONS = 200  # kept, since later turns of a conversation read the earlier ones again
MAX_CHARACTERS = 400  # of a question; longer ones are not translated
MAX_GROWTH = 6  # times as long as the question, which may be Chinese characters …
MIN_ROOM = 80  # … and very short
MIN_LATIN = 0.95  # share of the translation's letters
# Smaller numbers become words, and those of months names: "12월" is December.
MAX_IN_WORDS = 12
INSTRUCTIONS = """\
You translate questions about research papers into English, for a search engine. Keep names, \
abbreviations and numbers exactly as they are written. Answer nothing, add nothing."""

# HeronNet, LaV-CoT, Vision-R1, GRPO; where the other letters are no Latin ones, any word.
_NAME = re.compile(
    r"(?<![\w-])(?=[\w-]*(?:[a-z][A-Z]|[A-Z]{2}|[A-Za-z]-?\d))[\w-]+"
    r"|(?<=[\w,] )[A-Z][a-z]+(?: [A-Z][a-z]+)+\b"
)
_LATIN_WORDS = re.compile(r"[A-Za-z][\w.+-]*(?: [A-Za-z][\w.+-]*)*(?<=[\w+])", re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Translation(BaseModel):
    """A question in English."""

    english: str


EXAMPLES = (
    ("量子化は推論能力を下げますか？", "does quantization reduce the ability to reason?"),
    ("какие статьи о WidgetNet вышли в 2023 году?", "which papers on WidgetNet came out in 2023?"),
    ("quais conjuntos de dados existem para fala?", "which datasets are there for speech?"),
    ("로봇 논문 알려 줘", "papers on robots please"),
    ("ما هو التعلم المعزز؟", "what is reinforcement learning?"),
    ("chi ha scritto AcmeBench?", "who wrote AcmeBench?"),
)

# Has a language model fill in the form; None if it cannot, or not in time.
FillForm = Callable[[Sequence[BaseMessage], type[Translation]], Translation | None]


class ModelTranslator:
    """Translates questions with a language model and remembers the last ones. Thread-safe."""

    def __init__(self, fill: FillForm) -> None:
        self.fill = fill
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def translate(self, question: str, *, again: bool = False) -> str:
        """Return the question in English; "" if the model cannot say it, or not in time.

        With `again`, only what it translated before: nobody waits for the model.
        """
        with self._lock:
            known = self._known.get(question, "")
        if known or again or len(question) > MAX_CHARACTERS:
            return known
        filled = self.fill(messages(question), Translation)
        english = checked(question, filled.english) if filled else ""
        if english:
            with self._lock:
                if len(self._known) >= MAX_TRANSLATIONS:
                    self._known.clear()
                self._known[question] = english
        return english


def messages(question: str) -> list[BaseMessage]:
    """Return the prompt; all but its end is the same for every question."""
    prompt: list[BaseMessage] = [SystemMessage(INSTRUCTIONS)]
    for foreign, english in EXAMPLES:
        answer = Translation(english=english).model_dump_json()
        prompt += [HumanMessage(foreign), AIMessage(answer)]
    return [*prompt, HumanMessage(question)]


def checked(question: str, english: str) -> str:
    """Return what the model wrote with the names and numbers of the question; "" if it is unusable.

    It must be English, of a length that fits, and neither the question itself nor of the prompt.
    """
    english = "".join(c for c in " ".join(english.split()) if c.isprintable())
    letters = [c for c in english if c.isalpha()]
    latin = sum(map(_is_latin, letters))
    examples = {text.casefold() for example in EXAMPLES for text in example}
    language = question_language(english)
    if (
        not letters
        or latin < MIN_LATIN * len(letters)
        or len(english) > max(MIN_ROOM, MAX_GROWTH * len(question))
        or english.casefold() in {*examples, question.casefold(), "english"}
        or language != ENGLISH
        or unread_language(english, language)
    ):
        return ""
    if lacking := [part for part in kept_parts(question) if not _is_said(part, english)]:
        english = f"{english.rstrip(' ?.!')} {' '.join(lacking)}"
    return english


def kept_parts(question: str) -> list[str]:
    """Return the names and the numbers of a question that its translation must have.

    Digits of other scripts are returned as Latin ones.
    """
    is_latin = all(_is_latin(c) for c in question if c.isalpha())
    names = (_NAME if is_latin else _LATIN_WORDS).findall(question)
    rest = question
    for name in names:
        rest = rest.replace(name, " ")
    digits = "".join(str(unicodedata.digit(c, c)) for c in rest)
    numbers = [n for n in _NUMBER.findall(digits) if not n.isdigit() or int(n) > MAX_IN_WORDS]
    return list(dict.fromkeys([*names, *numbers]))


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _is_said(part: str, english: str) -> bool:
    """Return whether a name or number stands in a text; commas in numbers do not count."""
    part, english = part.replace(",", ""), english.replace(",", "")
    return bool(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", english, re.IGNORECASE))
