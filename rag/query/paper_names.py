"""Finds the papers that a request names: by id, link, name ("wan move") or title."""

import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rag.arxiv_id import blank_ids, find_mentions
from rag.encoders.word_vectors import WordVectors
from rag.query.compared import compared_names, is_compared
from rag.query.mentions import Hidden
from rag.query.near_names import MAX_NAME_WORDS, NearNames, is_in_word, letters_of
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.store.lookup import papers_with_name
from rag.text.names import COMMON_NAMES, is_name_in, name_key
from rag.text.tex import without_tex
from rag.text.words import STOPWORDS, fold, terms

MIN_NAME_LETTERS = 3
MIN_ANY_CASE_LETTERS = 5  # of a name in another case, where the request does not say so
MIN_SPLIT_LETTERS = 7  # of a name that is typed as several words: "thread weaver"
MAX_PAPERS_PER_NAME = 2  # papers that may share a name
MAX_PAPERS_WITH_WORDS = 4  # papers that contain typed words, for these to be a name …
MAX_PAPERS_WITH_TITLE = 12  # … if they are three or more …
MAX_PAPERS_IF_SAID = 40  # … and if the request says so: "the X paper", "“X”", "bibtex of X"
MIN_TITLE_WORDS = 3  # typed of a title, where it has a colon or a preposition …
MIN_BEGINNING_WORDS = 5  # … and elsewhere
MIN_TYPO_LETTERS = 8  # of a name, for a wrong letter to be forgiven
MAX_TYPOS = 1  # letters that are wrong, missing, too many or swapped with the next

_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_HEAD_END = re.compile(r"[:?!：？！]|\s[-–—]+\s")
_REST_OF_NAME = re.compile(r"(?:[^\W_]|[-_+]|\.(?=\d))*")
_REPORT = re.compile(r"\s+(?:technical|system)\s+(?:report|card)$", re.IGNORECASE)
_LIKE_A_NAME = re.compile(r".+[A-Z\d]")  # a capital or a digit after the first character
_PREPOSITIONS = frozenset(
    "for via with in of by from to as through on using under without towards toward at into".split()
)
# Words of requests that are names of papers only if the request says so.
_ASKED = frozenset(
    """tldr eli5 paper papers summary abstract code repo github bibtex link pdf demo authors hello
    hi hey thanks please today week explain compare top new discord""".split()
)
_FACTS = (
    r"(?:bibtex|authors?|code|repo|github|links?|pdf|demo|summary|tl;?dr|gist|abstract|citation)"
)
_SAID_BEFORE = re.compile(
    rf"(?:[\"“‘]|\b(?:paper|called|named|titled|{_FACTS}(?:\s+(?:of|for|to))?|summari[sz]e|explain|"
    r"cite|what(?:['’]?s|\s+is|\s+does)|who\s+(?:wrote|made)|in\s+the))\s*(?:the\s+)?[\"“‘]?$",
    re.IGNORECASE,
)
_SAID_AFTER = re.compile(rf"[\"”’]|\s+(?:paper|{_FACTS})\b|\s*(?:\?|$)", re.IGNORECASE)
_SAID_CLEARLY = re.compile(r"[\"”]|\s+paper\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Title:
    """The words of a paper's title; the first ones are before a colon."""

    paper_id: str
    words: tuple[str, ...]
    head_words: int

    def is_named_by(self, start: int, end: int) -> bool:
        """Return whether these of its words are enough to name it."""
        length = end - start
        content = sum(word not in STOPWORDS for word in self.words[start:end])
        if end == len(self.words) or (start < self.head_words and end == self.head_words):
            return length >= MIN_TITLE_WORDS and content > 1
        is_phrase = self.words[end] in _PREPOSITIONS
        least = MIN_TITLE_WORDS if is_phrase else MIN_BEGINNING_WORDS
        return start < self.head_words and length >= least and content >= MIN_TITLE_WORDS


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a text names papers, and as what they are known if it is a name."""

    start: int
    end: int
    paper_ids: list[str]
    name: str = ""


class _Index:
    """The names and the beginnings of all titles."""

    def __init__(self, titles: Sequence[tuple[str, str]]) -> None:
        self.names: dict[str, list[tuple[str, str]]] = defaultdict(list)  # key → (id, as written)
        self.versions: dict[str, set[str]] = defaultdict(set)  # letters of a key → keys
        self.titles: dict[tuple[str, str], list[tuple[_Title, int]]] = defaultdict(list)
        for paper_id, title in titles:
            self._add(paper_id, title)
        self.long_names = [  # "Concerto" is a word, and so may be one that is similar to it
            key
            for key, named in self.names.items()
            if len(key) >= MIN_TYPO_LETTERS and _LIKE_A_NAME.match(named[0][1])
        ]

    def _add(self, paper_id: str, title: str) -> None:
        matches = list(_WORD.finditer(title))
        words = tuple(_same(match[0]) for match in matches)
        head, *more = (part.strip() for part in _HEAD_END.split(title))
        parts = {head, *more[:-1]}  # "Can Simulators Reason? Gen-ViRe: A Benchmark"
        if len(words) < MIN_TITLE_WORDS:  # which Chinese writes without spaces
            parts.add(title)
        for part in parts:
            name = _REPORT.sub("", part)
            if 0 < len(_WORD.findall(name)) <= MAX_NAME_WORDS and (key := name_key(name)):
                self.names[key].append((paper_id, name))
                if "." in key:  # "pi07"
                    self.names[key.replace(".", "")].append((paper_id, name))
                if _LIKE_A_NAME.match(name):
                    self.versions[letters_of(key)].add(key)
        head_words = len(_WORD.findall(head))
        entry = _Title(paper_id, words, head_words)
        starts = {0, head_words} | ({1} if words and words[0] in ("the", "a", "an") else set())
        for start in starts:
            if len(words) - start >= MIN_TITLE_WORDS:
                self.titles[words[start], words[start + 1]].append((entry, start))


class PaperNames:
    """Finds named papers; renews its index when papers were added."""

    def __init__(self, catalog: Catalog, keywords: KeywordIndex, word_vectors: WordVectors) -> None:
        self.catalog = catalog
        self.keywords = keywords
        self.word_vectors = word_vectors
        self._lock = threading.Lock()
        self._version = -1
        self._index = _Index(())

    def find(self, text: str) -> list[Paper]:
        """Return the papers that the text names, in its order.

        Among thousands of papers many have a common word for a name ("Bridge", "Memory"): such a
        name counts only if the text says that it means a paper.
        """
        mentions = self._mentions(without_tex(text))
        found = dict.fromkeys(paper_id for mention in mentions for paper_id in mention.paper_ids)
        papers = self.catalog.get(list(found))
        return [papers[paper_id] for paper_id in found if paper_id in papers]

    def mask(self, text: str, placeholder: str) -> tuple[str, int]:
        """Return the text with a placeholder for each named paper, and how many there are."""
        text = without_tex(text)
        mentions = [mention for mention in self._mentions(text) if mention.paper_ids]
        for mention in sorted(mentions, key=lambda mention: mention.start, reverse=True):
            text = f"{text[: mention.start]} {placeholder} {text[mention.end :]}"
        return text, len(mentions)

    def hide_titles(self, text: str) -> Hidden:
        """Return the text with placeholders for titles, which may be in any language.

        A name is one if it has letters that English has not.
        """
        text = without_tex(text)
        titles: dict[str, str] = {}
        parts, done = [], 0
        for mention in sorted(self._mentions(text), key=lambda mention: mention.start):
            typed = text[mention.start : mention.end]
            is_title = len(_WORD.findall(typed)) >= MIN_TITLE_WORDS or not typed.isascii()
            if mention.paper_ids and is_title and mention.start >= done:
                placeholder = f"TITLE{len(titles)}"
                titles[placeholder] = typed
                parts += [text[done : mention.start], placeholder]
                done = mention.end
        return Hidden("".join([*parts, text[done:]]), titles)

    def as_written(self, text: str) -> str:
        """Return the text with the names in it as their papers write them: "heron net", "pi0.7"."""
        text = without_tex(text)
        for mention in reversed(self._mentions(text)):
            typed = text[mention.start : mention.end]
            if mention.name and terms(typed) != terms(mention.name):
                text = f"{text[: mention.start]}{mention.name}{text[mention.end :]}"
        return text

    def unread(self, text: str) -> list[str]:
        """Return the names in the text that no paper has, where one has the same but for a number.

        Whoever asks for Heron-4 must not be told of Heron-3.
        """
        index = self._current_index()
        near = NearNames(index.names, index.versions, self.catalog, self.keywords)
        return near.unread(blank_ids(without_tex(text)))

    def unknown_sides(self, text: str) -> list[str]:
        """Return the names that a text compares with papers that have no word of them."""
        text = without_tex(text)
        sides = compared_names(blank_ids(text))
        mentions = [mention for mention in self._mentions(text) if mention.paper_ids and sides]
        papers = self.catalog.get([paper_id for m in mentions for paper_id in m.paper_ids])
        known = " ".join(f"{paper.title} {paper.abstract}" for paper in papers.values())
        return [
            name
            for name, start, end in sides
            if not any(mention.start < end and start < mention.end for mention in mentions)
            and not is_name_in(name, known)
        ]

    def knows(self, word: str) -> bool:
        """Return whether a word is in a paper, or is the name of one."""
        return bool(self._current_index().names.get(name_key(word)) or self._papers_with(word))

    def _mentions(self, text: str) -> "list[_Mention]":
        """Return where the text names papers, and their ids: links first, then names."""
        index = self._current_index()
        found = [
            _Mention(mention.start, mention.end, [f"arxiv:{mention.arxiv_id}"])
            for mention in find_mentions(text)
            if mention.arxiv_id
        ]
        rest = blank_ids(text)
        spans = [match.span() for match in _WORD.finditer(rest)]
        first = 0
        while first < len(spans):
            length, ids = self._longest(index, rest, spans, first)
            last = min(first + max(1, length), len(spans)) - 1
            if ids:
                start, end = spans[first][0], spans[last][1]
                named = index.names.get(name_key(rest[start:end]), [])
                name = next((name for paper_id, name in named if paper_id in ids), "")
                found.append(_Mention(start, end, ids, name))
            first += max(1, length)
        return found

    def _longest(
        self, index: _Index, text: str, spans: Sequence[tuple[int, int]], first: int
    ) -> tuple[int, list[str]]:
        """Return how many words from `first` on name papers, and these papers' ids."""
        words = [_same(text[start:end]) for start, end in spans[first:]]
        length, ids = self._title(index, text, spans, words, first)
        for count in range(min(MAX_NAME_WORDS + 2, len(words)), length, -1):
            start, end = spans[first][0], spans[first + count - 1][1]
            if (named := index.names.get(name_key(text[start:end]))) and (
                ids_named := self._named(text, start, end, named)
            ):
                return count, ids_named
        if length:
            return length, ids
        return self._single_word(index, text, *spans[first])

    def _title(
        self,
        index: _Index,
        text: str,
        spans: Sequence[tuple[int, int]],
        words: Sequence[str],
        first: int,
    ) -> tuple[int, list[str]]:
        """Return the number of typed words that begin titles, and these papers' ids."""
        if len(words) < MIN_TITLE_WORDS:
            return 0, []
        by_length: dict[int, list[str]] = defaultdict(list)
        for title, start in index.titles.get((words[0], words[1]), ()):
            pairs = enumerate(zip(title.words[start:], words, strict=False))
            shorter = min(len(title.words) - start, len(words))
            length = next((n for n, (own, typed) in pairs if own != typed), shorter)
            if title.is_named_by(start, start + length):
                by_length[length].append(title.paper_id)
        if not by_length:
            return 0, []
        length = max(by_length)
        begin, end = spans[first][0], spans[first + length - 1][1]
        ids = list(dict.fromkeys(by_length[length]))
        is_rare = len(ids) == 1 and self._is_rare(text, begin, end)
        return (length, ids) if is_rare else (0, [])

    def _named(self, text: str, start: int, end: int, named: list[tuple[str, str]]) -> list[str]:
        """Return the ids of the papers with this name if the typed words mean them."""
        typed = text[start:end]
        key, parts = name_key(typed), _WORD.findall(fold(typed))
        exact = [paper_id for paper_id, name in named if name == typed]
        same = [paper_id for paper_id, name in named if name_key(name) == key]
        ids = exact or same or [paper_id for paper_id, _ in named]
        after = text[end:]
        if (
            len(ids) > MAX_PAPERS_PER_NAME
            or re.match(r"[-.\s]?v?\d", after)
            or is_in_word(text, start, end)
        ):
            return []
        is_exact = bool(exact and _LIKE_A_NAME.match(typed))
        is_split = len(parts) > 1 and not any(parts == _WORD.findall(fold(n)) for _, n in named)
        if is_split and len(key) < MIN_SPLIT_LETTERS and not any(p[0].isdigit() for p in parts):
            return []
        if is_exact and _SAID_CLEARLY.match(after):
            return ids
        is_said = _said_or_compared(text, start, end) if exact else _said(text, start, end)
        is_numbered = len(key) >= MIN_NAME_LETTERS and bool(_DIGIT.search(key[1:]))
        is_short = len(key) < MIN_ANY_CASE_LETTERS and len(parts) == 1
        if is_short and not (exact or is_said or is_numbered):
            return []
        if " " in typed:
            return ids if self._is_rare(text, start, end) else []
        folded = typed.casefold()
        if folded in STOPWORDS | _ASKED and not is_exact:
            return ids if _SAID_CLEARLY.match(after) else []
        if self.word_vectors.knows(folded) and not is_exact:
            return ids if is_said and self._papers_with(typed) <= MAX_PAPERS_IF_SAID else []
        if typed in COMMON_NAMES or typed.upper() in COMMON_NAMES:
            return []
        is_odd = any(_LIKE_A_NAME.match(name) and not name.isupper() for _, name in named)
        is_clear = exact or is_odd or is_said
        limit = MAX_PAPERS_IF_SAID if is_clear else MAX_PAPERS_WITH_WORDS
        return ids if self._papers_with(typed) <= limit else []

    def _single_word(self, index: _Index, text: str, start: int, end: int) -> tuple[int, list[str]]:
        """Return 1 and the papers whose abstracts introduce this name, or a similar one."""
        if rest := _REST_OF_NAME.match(text, end):
            end = rest.end()
        word = text[start:end].strip("-")
        is_namelike = bool(_LIKE_A_NAME.match(word))
        if is_in_word(text, start, end) or len(word) < MIN_NAME_LETTERS:
            return 0, []
        folded = word.casefold()
        is_word = folded in STOPWORDS | _ASKED or self.word_vectors.knows(folded)
        is_name = is_namelike or (word[0].isupper() and _said_or_compared(text, start, end))
        if not is_name and (is_word or len(word) < MIN_ANY_CASE_LETTERS):
            return 0, []
        count, papers_with = len(_WORD.findall(word)), self._papers_with(word)
        if 0 < papers_with <= (MAX_PAPERS_IF_SAID if is_name else MAX_PAPERS_WITH_WORDS):
            is_said = bool(_SAID_CLEARLY.match(text[end:])) or is_compared(text, start, end)
            papers = papers_with_name(word, self.catalog, self.keywords, is_said=is_said)
            return count, [paper.paper_id for paper in papers]
        if len(word) >= MIN_TYPO_LETTERS and not papers_with:
            key = name_key(word)
            similar = process.extractOne(
                key, index.long_names, scorer=OSA.distance, score_cutoff=MAX_TYPOS
            )
            # A wrong digit is another version.
            if similar and _DIGIT.findall(similar[0]) == _DIGIT.findall(key):
                named = index.names[similar[0]]
                return count, [paper_id for paper_id, _ in named] if len(named) == 1 else []
        return 0, []

    def _is_rare(self, text: str, start: int, end: int) -> bool:
        """Return whether so few papers contain these words in a row that they are a name."""
        typed = text[start:end]
        is_said = (
            _said_or_compared(text, start, end)
            or sum(word[:1].isupper() for word in typed.split()) > 1
        )
        is_long = len(_WORD.findall(typed)) >= MIN_TITLE_WORDS
        usual = MAX_PAPERS_WITH_TITLE if is_long else MAX_PAPERS_WITH_WORDS
        limit = MAX_PAPERS_IF_SAID if is_said else usual
        return self.keywords.count_phrase(typed, limit + 1) <= limit

    def _papers_with(self, word: str) -> int:
        found = terms(word)[:1]  # a joined word comes first, before its parts
        return sum(self.keywords.document_counts(found).values()) if found else 0

    def _current_index(self) -> _Index:
        with self._lock:
            version = self.keywords.version()
            if version != self._version:
                rows = self.catalog.database.connection.execute(
                    "SELECT paper_id, title FROM papers WHERE typeof(title) = 'text'"
                )
                self._index = _Index([(row["paper_id"], row["title"]) for row in rows])
                self._version = version
            return self._index


def _said(text: str, start: int, end: int) -> bool:
    """Return whether the words around say that a paper is meant: "the Bridge paper"."""
    before, after = text[:start], text[end:]
    return bool(
        _SAID_CLEARLY.match(after) or (_SAID_BEFORE.search(before) and _SAID_AFTER.match(after))
    )


def _said_or_compared(text: str, start: int, end: int) -> bool:
    """Return whether the words around say that a name is meant, if only to compare it."""
    return _said(text, start, end) or is_compared(text, start, end)


def _same(word: str) -> str:
    """Return the word, folded, without the ending of a plural."""
    folded = fold(word)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded
