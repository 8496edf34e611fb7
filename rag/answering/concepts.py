"""Answers "what is X?" with the sentences that define or describe X best.

A sentence is likely a definition if X is its subject, a verb like "is" or "aims to" follows, and
it says how ("by …", "where …"). docs/evaluation.md says how the weights were fitted.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.answering.draft import Draft
from rag.answering.paper_details import quoted
from rag.query.request import Request
from rag.records import Citation, Evidence, Hit, Paper, Window
from rag.retrieval.retriever import HybridRetriever
from rag.text.directives import is_directive
from rag.text.sentences import Role
from rag.text.words import STOPWORDS, fold, words

SEARCHED = 80  # papers whose sentences are read
MAX_PAPERS = 3  # quoted for one concept
MAX_HITS = 10  # in the ranking that is shown
MAX_EVIDENCE = 12  # sentences for a model
MAX_LONG_FORM = 80  # characters in front of an abbreviation
MAX_DISTANCE = 12  # words before the concept
MIN_PROBABILITY = 0.2  # of the best sentence, for the papers to define the concept
MIN_PROBABILITY_MORE = 0.4  # of the sentences that follow
EQUAL = 0.05  # probabilities that differ by less than about this count as equal

# The words around a concept in a question: "explain … to me in simple words please".
_FRAME_WORDS = STOPWORDS | frozenset(
    "explain explained define defined definition meaning mean means stand stands abbreviation "
    "acronym concept term describe called exactly actually basically again please pls plz wtf "
    "whats eli5 briefly quickly".split()
)
_FRAME_END = re.compile(
    r"\s+(?:to me|like (?:i['’]?m|i am|a)|in (?:simple|plain|easy|layman\w*|short|one|two|a)"
    r"|for (?:a|me|dummies|beginners?))\b.*",
    re.IGNORECASE,
)
_SCOPE = re.compile(r"\s+(?:in|for|with|on|during|of)\s+", re.IGNORECASE)  # "… in LLMs"
_EDGES = "?!.,;:\"'“”() "
_GAP = re.compile(r"[-\s]+")
_SHORT = re.compile(r"\s\(([A-Z][\w-]*[A-Z][\w-]*?)s?\)")

# What follows the concept in a sentence.
_BRACKETED = re.compile(r"\s*\([^)]*\)")
# "VLA models are …" describes VLA, but "KV cache methods are …" does not describe the cache.
_HEAD_NOUN = re.compile(
    r"\s+(?:models?|prompting|reasoning|learning|architectures?|polic(?:y|ies))\b", re.IGNORECASE
)
_COPULA = re.compile(r"\W*(?:is|are) (?:an?|the|one of)\b", re.IGNORECASE)
_DEFINES = re.compile(
    r"\W*(?:\w+ly )?(?:(?:is|are) defined as|refers? to|means?|denotes?|describes?|consists? of"
    r"|aims? to|seeks? to|involves?|works? by|represents?|enables?|allows?|accelerates?|uses?"
    r"|combines?|provides?|learns?|predicts?|simulates?|generates?|improves?|reduces?|mitigates?"
    r"|adapts?|aligns?|trains?|optimizes?|samples?|replaces?|offers?|helps?|lets?|stores?|keeps?"
    r"|holds?|extends?|introduces?|measures?|evaluates?|captures?)\b",
    re.IGNORECASE,
)
_EMERGED = re.compile(
    r"\W*(?:has|have) (?:recently )?(?:emerged|become|proven|shown|demonstrated|been)\b"
    r"|\W*(?:is|are) \w+",
    re.IGNORECASE,
)
_APPOSED = re.compile(
    r"\W*,\s*(?:an?|the|which|where|wherein|i\.e\.)\b|\W*[—–:-]+\s*(?:an?|the)\b", re.IGNORECASE
)
_MANNER = re.compile(
    r"\b(?:by|for) (?:\w+ly )?\w+ing\b|\b(?:in|by) which\b|\bwhere(?:by|in)?\b|\bthat \w+s?\b"
    r"|\busing\b",
    re.IGNORECASE,
)
# Praise and popularity say little about what a thing is.
_PRAISE = re.compile(
    r"\b(?:promising|powerful|popular|dominant|standard|prominent|significant\w*|great|widely"
    r"|remarkabl\w+|increasing\w*|attention|progress|essential|crucial|fundamental|pivotal"
    r"|critical|central)\b",
    re.IGNORECASE,
)
_DOUBTS = re.compile(
    r"\b(?:however|challeng\w*|suffer\w*|limit\w*|struggl\w*|costly|bottleneck\w*|fail\w*|prior"
    r"|remain\w*|lack\w*|underexplored|outperform\w*|experiments?|results?|existing)\b",
    re.IGNORECASE,
)


class Signs(NamedTuple):
    """What makes a sentence a definition of the concept, or speaks against it; each 0 to 1."""

    subject: float  # the concept stands near the beginning
    bare: float  # no other word modifies it: not "sparse X"
    copula: float  # "X is a …"
    defines: float  # "X refers to …", "X enables …"
    emerged: float  # "X has emerged as …"
    apposed: float  # "X, a method that …"
    spelled_out: float  # "Long Form (LF)"
    manner: float  # "by doing …", "where …"
    praise: float
    doubts: float  # problems and results
    own_work: float
    first: float  # of the abstract's sentences
    cosine: float  # with the concept

    @property
    def probability(self) -> float:
        """How likely the sentence tells a reader what the concept is."""
        logit = sum(weight * sign for weight, sign in zip(WEIGHTS, self, strict=True))
        return 1 / (1 + math.exp(-(logit + BIAS)))


WEIGHTS = Signs(0.96, 0.81, 1.46, 1.57, -0.35, 2.17, 0.6, 2.36, -0.53, -0.9, -1.17, 1.75, 1.03)
BIAS = -6.01


@dataclass(frozen=True, slots=True)
class Mention:
    """A sentence that mentions a concept."""

    paper: Paper
    sentence: str
    index: int
    signs: Signs
    of_abbreviation: bool  # the concept was typed as one

    @property
    def score(self) -> float:
        """The probability that it is a definition; spelling an abbreviation out counts as one."""
        probability = self.signs.probability
        if self.of_abbreviation and self.signs.spelled_out:
            return max(probability, MIN_PROBABILITY + probability / 10)
        return probability


class Concepts:
    """Finds definitions among the sentences of the papers that are nearest to a concept."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever

    def draft(self, request: Request) -> Draft | None:
        """Return the best definitions, one per paper; None if no sentence is one.

        Of several concepts ("DPO vs PPO") each gets one.
        """
        concepts = [concept_of(text) for text in request.parts or (request.topic,)]
        concepts = [concept for concept in concepts if words(concept)]
        chosen: list[Evidence] = []
        ranked: list[Evidence] = []
        hits: list[Hit] = []
        for concept in concepts:
            near, found = self.definitions(concept, request)
            hits += near[: MAX_HITS // len(concepts)]
            ranked += found[:MAX_EVIDENCE]
            chosen += _choose(found, 1 if len(concepts) > 1 else MAX_PAPERS)
        if not chosen:
            return None
        papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
        first = {evidence.paper: evidence.sentence for evidence in reversed(chosen)}
        return Draft(
            "\n".join(quoted(e, papers.index(e.paper) + 1) for e in chosen),
            tuple(Citation(n, paper, first[paper]) for n, paper in enumerate(papers, start=1)),
            hits,
            sorted(ranked, key=lambda e: -e.score),
        )

    def definitions(self, concept: str, request: Request) -> tuple[list[Hit], list[Evidence]]:
        """Return the nearest papers, and their sentences that mention the concept, best first.

        Of about equally good ones, that of the earliest paper comes first.
        """
        hits, mentions = self.mentions(concept, window=request.window)
        if not any(mention.score >= MIN_PROBABILITY for mention in mentions):
            unscoped = _SCOPE.split(concept)[0]
            if unscoped != concept:
                hits, mentions = self.mentions(unscoped, window=request.window)
        found = [Evidence(m.paper, m.sentence, m.index, m.score) for m in mentions]
        found.sort(key=lambda e: (-round(e.score / EQUAL), str(e.paper.day or "9"), e.index))
        return hits, found

    def mentions(
        self, concept: str, *, window: Window | None = None
    ) -> tuple[list[Hit], list[Mention]]:
        """Return the nearest papers and all their sentences that mention the concept."""
        vector = self.retriever.embedder.encode_question(concept)
        hits = self.retriever.search_vector(concept, vector, top_k=SEARCHED, window=window)
        entries = self.retriever.index.entries([hit.paper.paper_id for hit in hits])
        names = names_of(concept, [hit.paper.abstract for hit in hits])
        pattern = pattern_of(names)
        is_abbreviation = len(names[0]) < len(names[-1])
        found = []
        for hit in hits:
            if entry := entries.get(hit.paper.paper_id):
                cosines = entry.vectors @ vector
                for index, sentence in enumerate(entry.sentences, start=1):
                    if signs := signs_of(sentence, pattern, index, float(cosines[index])):
                        found.append(Mention(hit.paper, sentence, index, signs, is_abbreviation))
        return hits, found


def _choose(found: Sequence[Evidence], max_papers: int) -> list[Evidence]:
    """Return the likeliest sentence of each of the best papers; none if no sentence is likely."""
    chosen: list[Evidence] = []
    for evidence in found:
        least = MIN_PROBABILITY_MORE if chosen else MIN_PROBABILITY
        is_cited = any(evidence.paper == other.paper for other in chosen)
        if evidence.score >= least and not is_cited and len(chosen) < max_papers:
            chosen.append(evidence)
    return chosen


def concept_of(topic: str) -> str:
    """Return the words of a topic that name the concept, without the question around them."""
    kept = _FRAME_END.sub("", topic).split()
    while kept and fold(kept[0].strip(_EDGES)) in _FRAME_WORDS:
        kept.pop(0)
    while kept and fold(kept[-1].strip(_EDGES)) in _FRAME_WORDS:
        kept.pop()
    return " ".join(kept).strip(_EDGES)


# -- the names of a concept ----------------------------------------------------------------


def names_of(concept: str, texts: Iterable[str]) -> list[str]:
    """Return the concept, and the abbreviation or the long form that the texts usually give it."""
    own = _plain(concept)
    others: Counter[str] = Counter()
    for text in texts:
        for match in _SHORT.finditer(text):
            short = match[1]
            long = _long_form(text[max(0, match.start() - MAX_LONG_FORM) : match.start()], short)
            if long and _plain(short) == own:
                others[long] += 1
            elif _plain(long) == own:
                others[short] += 1
    return [concept, *(name for name, _ in others.most_common(1))]


def pattern_of(names: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern of the names, in singular or plural, but not inside a longer name."""
    spelled = []
    for n, name in enumerate(names):
        stems = [re.escape(word.removesuffix("s")) for word in _GAP.split(name)]
        # The abbreviation may stand in between: "vision-language-action (VLA) model".
        joined = r"(?:\s*\([^)]*\))?[-\s]+".join(f"{stem}s?" for stem in stems)
        # "AS" is short for attention sinks, "as" is not.
        spelled.append(f"(?-i:{joined})" if n and name.isupper() else joined)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(spelled)})(?![\w-])", re.IGNORECASE)


def _plain(text: str) -> str:
    """Return the words in lower case without hyphens and without the plural's s."""
    return re.sub(r"(?<=\w\w)s\b", "", _GAP.sub(" ", fold(text)).strip())


def _long_form(before: str, short: str) -> str:
    """Return the last words of a text whose letters spell an abbreviation; "" if none do."""
    letters = short.casefold().removesuffix("s")
    parts = _GAP.split(before.casefold())
    for size in range((len(letters) + 1) // 2, min(len(parts), len(letters) + 2) + 1):
        tail = parts[-size:]
        rest = iter("".join(tail))
        if tail[0][:1] == letters[0] and all(letter in rest for letter in letters):
            return " ".join(tail)
    return ""


# -- the signs of a definition -------------------------------------------------------------


def signs_of(sentence: str, names: re.Pattern[str], index: int, cosine: float) -> Signs | None:
    """Return the signs of a sentence; None if it does not mention the concept."""
    mention = names.search(sentence)
    if not mention or is_directive(sentence):
        return None
    before = words(sentence[: mention.start()])
    rest = sentence[mention.end() :]
    bracketed = _BRACKETED.match(rest)
    if bracketed:
        rest = rest[bracketed.end() :]
    if head := _HEAD_NOUN.match(rest):
        rest = rest[head.end() :]
    is_copula = bool(_COPULA.match(rest))
    return Signs(
        subject=max(0.0, 1 - len(before) / MAX_DISTANCE),
        bare=float(not before or before[-1] in STOPWORDS),
        copula=float(is_copula),
        defines=float(bool(_DEFINES.match(rest))),
        emerged=float(not is_copula and bool(_EMERGED.match(rest))),
        apposed=float(bool(_APPOSED.match(rest))),
        spelled_out=float(bool(bracketed and names.search(bracketed[0]))),
        manner=_share(_MANNER, rest),
        praise=_share(_PRAISE, rest),
        doubts=_share(_DOUBTS, sentence),
        own_work=float(Role.of(sentence).own_work),
        first=1 / index,
        cosine=cosine,
    )


def _share(pattern: re.Pattern[str], text: str) -> float:
    """Return how often a pattern occurs, where twice counts as 1."""
    return min(1.0, len(pattern.findall(text)) / 2)
