"""The forms of a topic's technical terms: "moe" is also "mixture-of-experts".

Pairs of a long form and its abbreviation are read from the papers, which write
"mixture-of-experts (MoE)" where they introduce one.
"""

import itertools
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from rag.store.keywords import KeywordIndex, last_change
from rag.text.words import STOPWORDS, terms, words

MIN_PAPERS = 3  # that introduce an abbreviation with the same long form …
MIN_PAPERS_SHORT = 10  # … if it has two letters, which often mean something else
MIN_SHARE = 0.3  # of an abbreviation's introductions have this long form
MIN_CHANGED_SHARE = 0.01  # of the papers: after fewer changes their forms are not read again
MAX_SPELLINGS = 2  # of a long form: "mixture of experts", "mixture-of-experts"
MAX_VARIANTS = 12  # of a topic
MAX_PHRASE_WORDS = 7
MAX_LONG_FORM = 100  # characters

_IN_BRACKETS = re.compile(r"[ \n]\((\w[\w-]{1,9})\)")
_ABBREVIATION = re.compile(r"[\w-]*[A-Z0-9][\w-]*[A-Z0-9][\w-]*")
_PLURAL = re.compile(r"(?<=[A-Z0-9])s$")
_HYPHENATED = re.compile(r"[a-z0-9]{2,}(?:-[a-z0-9]{2,}){1,3}")
_WORD = re.compile(r"[\w-]+")
_LETTERS = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_SPOKEN = {"2": "t", "4": "f"}  # T2I is "text-to-image"


class TermVariants:
    """Finds other forms of terms in the papers; reads them again when many changed."""

    def __init__(self, keywords: KeywordIndex) -> None:
        self.keywords = keywords
        self._lock = threading.Lock()
        self._change: int | None = None  # the last that the forms know
        self._forms: dict[str, list[str]] = {}  # by the key of one of them

    def variants(self, topic: str) -> list[str]:
        """Return the topic and its other forms: "moe routing", "mixture-of-experts routing"."""
        found = [topic]
        for phrase, forms in self.phrases(topic).items():
            place = re.compile(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])")
            found += [place.sub(form, text) for text, form in itertools.product(found, forms)]
        return list(dict.fromkeys(found))[:MAX_VARIANTS]

    def phrases(self, topic: str) -> dict[str, list[str]]:
        """Return the other forms of the topic's phrases, by phrase as it is typed."""
        forms = self._current_forms()
        tokens = list(_TOKEN.finditer(topic))
        found: dict[str, list[str]] = {}
        start = 0
        while start < len(tokens):
            following = tokens[start : start + MAX_PHRASE_WORDS]
            for end in reversed(range(len(following))):
                phrase = topic[following[0].start() : following[end].end()]
                others = [form for form in forms.get(_key(phrase), ()) if _differ(form, phrase)]
                if others:
                    found[phrase] = others
                    start += end
                    break
            start += 1
        return found

    def _current_forms(self) -> dict[str, list[str]]:
        with self._lock:
            change = last_change(self.keywords.database)
            if self._is_outdated(change):
                rows = self.keywords.database.connection.execute(
                    "SELECT title || '. ' || abstract AS text FROM papers"
                )
                self._forms = read_forms([row["text"] for row in rows])
                self._change = change
            return self._forms

    def _is_outdated(self, change: int) -> bool:
        """Return whether enough papers changed for other forms: a few of many bring none."""
        if self._change is None:
            return True
        # Each change of a paper has a number, so that few numbers are few papers.
        new = change - self._change
        return new > 0 and new >= MIN_CHANGED_SHARE * self.keywords.paper_count()


def read_forms(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the forms of each term in the texts, by the key of every one of the forms."""
    counts = Counter(_WORD.findall("\n".join(texts)))
    forms: dict[str, list[str]] = defaultdict(list)
    for group in [*_abbreviations(texts, counts), *_hyphenated(counts)]:
        for key in dict.fromkeys(map(_key, group)):
            forms[key] += [form for form in group if form not in forms[key]]
    return dict(forms)


def _key(phrase: str) -> str:
    """Return what spellings of a phrase have in common: the stems of its words."""
    parts = [(word, terms(word)) for word in words(phrase.replace("-", " "))]
    return " ".join(stems[0] if stems else word for word, stems in parts)


def _differ(form: str, phrase: str) -> bool:
    """Return whether two forms differ by more than case and the endings of words."""
    shapes = [_LETTERS.sub("w", text) for text in (form, phrase)]
    return shapes[0] != shapes[1] or _key(form) != _key(phrase)


# -- abbreviations -------------------------------------------------------------------------


def _abbreviations(texts: Sequence[str], counts: Mapping[str, int]) -> list[list[str]]:
    """Return each abbreviation, in lower case, with the spellings of its long form.

    `counts` counts the words: "map" is a word more often than it is "mAP".
    """
    introduced: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for text in texts:
        for match in _IN_BRACKETS.finditer(text):
            short = _PLURAL.sub("", match[1])
            if _ABBREVIATION.fullmatch(short):
                before = text[max(0, match.start() - MAX_LONG_FORM) : match.start()]
                if long := long_form(before, short):
                    introduced[short.casefold()][_key(long)][long.casefold()] += 1
    groups = []
    for short, by_key in introduced.items():
        papers = {key: sum(spellings.values()) for key, spellings in by_key.items()}
        total = sum(papers.values())
        least = max(MIN_PAPERS if len(short) > 2 else MIN_PAPERS_SHORT, MIN_SHARE * total)
        if short not in STOPWORDS and counts[short] <= total:
            groups += [
                [short, *(form for form, _ in by_key[key].most_common(MAX_SPELLINGS))]
                for key, count in sorted(papers.items(), key=lambda item: -item[1])
                if count >= least
            ]
    return groups


def long_form(before: str, short: str) -> str:
    """Return the words before an abbreviation that it stands for; "" if there are none.

    Schwartz and Hearst's rule (2003): read from the end, each character of the abbreviation is
    found in the words, and the first one begins a word.
    """
    letters = [_SPOKEN.get(c, c) if n else c for n, c in enumerate(short.casefold()) if c.isalnum()]
    text = " ".join(before.split()[-min(len(letters) + 5, 2 * len(letters)) :])
    folded = text.casefold()
    position = len(folded)
    for n, letter in enumerate(reversed(letters), start=1):
        position = folded.rfind(letter, 0, position)
        while n == len(letters) and position > 0 and folded[position - 1].isalnum():
            position = folded.rfind(letter, 0, position)
        if position < 0:
            return ""
    long = text[position:]
    return "" if len(long) <= len(short) or short.casefold() in words(long) else long


# -- hyphens -------------------------------------------------------------------------------


def _hyphenated(counts: Counter[str]) -> list[list[str]]:
    """Return each hyphenated word with its joined form: "fine-tuning", "finetuning"."""
    hyphenated: Counter[str] = Counter()
    for word, count in counts.items():
        if "-" in word:
            hyphenated[word.casefold()] += count
    groups: dict[str, list[str]] = {}
    for word, count in hyphenated.most_common():
        if count >= MIN_PAPERS and _HYPHENATED.fullmatch(word):
            parts = word.split("-")
            group = [word]
            if counts["".join(parts)]:
                group.append("".join(parts))
            if len(parts) == 3 and parts[1] == "to":  # text-to-sql, text2sql
                group.append(f"{parts[0]}2{parts[2]}")
            groups.setdefault(_key(word), group)
    return list(groups.values())
