"""One paper in five parts, quoted: what it is, why, how it works, its results and its limits.

A section's heading says which part it is about ("Limitations"); sections between the introduction
and the results that say nothing of the kind ("3 HeronNet") are about how it works. Of a part's
sections the passages nearest to the part are read, and of their sentences those are quoted that
state it in the words in which such things are said (see comparison). How a paper works and what it
found is said by its abstract first. What was not read whole is explained from the abstract alone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.comparison import ASPECTS, Aspect
from rag.answering.paper_details import LIMITS
from rag.full_text.records import FullText, TextPassage, counted
from rag.full_text.store import FullTexts
from rag.records import Evidence, Paper
from rag.text.directives import is_directive
from rag.text.names import system_names
from rag.text.sentences import Role, finding, gist, split_sentences
from rag.text.words import one_line

Name = Literal["What it is", "Why", "How it works", "Results", "Limits"]

MAX_PASSAGES = 8  # of a part's sections, whose sentences are considered
MAX_SENTENCES = 2  # quoted for a part …
MAX_WORDS = 90  # … and the words of both
LEAST_WORDS = 5  # of a sentence that is worth quoting
SECOND_SHARE = 0.8  # of the best sentence's score, for a second one
SURE_SCORE = 1.0  # of an aspect, in an abstract or a section that may be about anything …
LIKELY_SCORE = 0.6  # … for one sentence of an abstract, if none is sure …
SECTION_SCORE = 0.4  # … and in one whose heading says that it is about this
# What is added to the score that the aspect gives a sentence of a section.
COSINE = 1.0  # times its cosine with the part
EARLY = 0.4  # for the first of them; sections begin with what matters, and go on with details
OWN = 0.4  # if it names the paper's system, or says "we"

_ASPECTS = {aspect.name: aspect for aspect in ASPECTS}


@dataclass(frozen=True, slots=True)
class _Topic:
    """A part: what to look for, how a sentence states it, and the headings of its sections."""

    name: Name
    query: str
    aspect: Aspect
    headings: re.Pattern[str]
    is_sure: bool = False  # whatever its sections say is about it
    by_abstract: bool = False  # the abstract says it first


def _headings(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})", re.IGNORECASE)


# In the order in which a heading is tried: "Limitations of the Method" is about limits.
_TOPICS = (
    _Topic(
        "Limits", "limitations of this work and what it cannot do", LIMITS,
        _headings("limitation", "future (?:work|direction)", "failure (?:case|mode|analys)",
                  "caveat", "shortcoming"),
        is_sure=True,
    ),
    _Topic(
        "Results", "the main results: how well it performs", _ASPECTS["Results"],
        _headings("result", "experiment", "evaluat", "ablat", "finding", "performance", "analys",
                  "comparison", "case stud"),
        by_abstract=True,
    ),
    _Topic(
        "Why", "the problem, and why earlier approaches do not solve it",
        _ASPECTS["What was missing"],
        _headings("introduction", "motivat", "background", "problem", "challenge"),
    ),
    _Topic(
        "How it works", "overview of the method and how it works", _ASPECTS["How it works"],
        _headings("method", "approach", "model", "architectur", "framework", "algorithm", "design",
                  "pipeline", "training", "implementation", "formulation", "overview", "construct"),
        by_abstract=True,
    ),
)  # fmt: skip
_ELSEWHERE = _headings(
    "related", "prior work", "previous work", "literature", "prelim", "acknowledg", "ethic",
    "impact", "reproduc", "conclu", "discuss", "summary", "appendi", "supplement", "contribut",
)  # fmt: skip
_CLOSING = _headings("conclu", "discuss")  # where limits are named if no section is about them
NAMES: tuple[Name, ...] = ("What it is", "Why", "How it works", "Results", "Limits")


@dataclass(frozen=True, slots=True)
class Part:
    """A part and its sentences; none if the paper does not say it."""

    name: Name
    sentences: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The five parts of a paper, and how much of it was read.

    `sections` is 0 if it was not read whole; then `note` may say why not.
    """

    paper: Paper
    parts: tuple[Part, ...]
    sections: int = 0
    paragraphs: int = 0
    note: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the paper was read beyond its abstract."""
        return self.sections > 0

    @property
    def unsaid(self) -> str:
        """What stands for a part without sentences."""
        return f"The {'paper' if self.is_whole else 'abstract'} does not say."

    @property
    def read(self) -> str:
        """What the quotes are from, in a sentence."""
        if self.is_whole:
            sections = counted(self.sections, "section")
            paragraphs = counted(self.paragraphs, "paragraph")
            return f"Quoted word for word from the full text: {sections}, {paragraphs}."
        is_summary = self.paper.abstract_source == "summary"
        source = "Paperboy's summary" if is_summary else "the abstract"
        why = f": {self.note.rstrip('.')}" if self.note else ""
        return f"Quoted word for word from {source} alone{why}."


def explain(paper: Paper, texts: FullTexts) -> Explanation:
    """Explain a paper from its full text if that is stored, else from its abstract."""
    abstract = _of_abstract(paper)
    parts = {"What it is": _presentation(paper, abstract)}
    used = {evidence.sentence for evidence in parts["What it is"]}
    text = texts.get(paper.paper_id)
    if text:
        texts.mark_used(paper.paper_id)
    for topic in sorted(_TOPICS, key=lambda topic: NAMES.index(topic.name)):
        of_abstract = _said_by(topic, [e for e in abstract if e.sentence not in used])
        chosen = of_abstract[:1] if text and topic.by_abstract else []
        if text:
            chosen += _of_sections(topic, paper, text, texts, used)[: MAX_SENTENCES - len(chosen)]
        parts[topic.name] = chosen or of_abstract
        used |= {evidence.sentence for evidence in parts[topic.name]}
    said = tuple(Part(name, tuple(parts[name])) for name in NAMES)
    return Explanation(paper, said, text.sections if text else 0, text.paragraphs if text else 0)


def _presentation(paper: Paper, abstract: Sequence[Evidence]) -> list[Evidence]:
    """Return the sentence of the abstract that presents the work: "we present", or by its name."""
    sentence = gist(paper.abstract)
    if not Role.of(sentence).own_work:
        names = system_names(paper)
        named = (e.sentence for e in abstract if any(name in e.sentence for name in names))
        sentence = next(named, sentence)
    return [evidence for evidence in abstract if evidence.sentence == sentence][:1]


def _of_abstract(paper: Paper) -> list[Evidence]:
    """Return the sentences; the scores are their places behind the one that presents the work."""
    sentences = split_sentences(paper.abstract)
    presenting = gist(paper.abstract)
    center = sentences.index(presenting) if presenting else 0
    return [Evidence(paper, s, n + 1, float(n - center)) for n, s in enumerate(sentences)]


def _said_by(topic: _Topic, abstract: Sequence[Evidence]) -> list[Evidence]:
    """Return the sentences of an abstract that state a part, or likely do.

    An abstract seldom names the limits of its own work, so for these a sentence must be sure. Why
    something was done is said of the work of others, in the first half. Without a sentence that
    likely states results, the last one does.
    """
    if chosen := _choose(topic, abstract, SURE_SCORE):
        return chosen
    if topic.is_sure or not abstract:
        return []
    paper = abstract[0].paper
    if topic.name == "Why":
        names = system_names(paper)
        others = [
            replace(e, score=-1.0)
            for e in abstract
            if 2 * (e.index - 1) < len(split_sentences(paper.abstract))
            and not (Role.of(e.sentence).own_work or any(name in e.sentence for name in names))
        ]
        return _choose(topic, others, LIKELY_SCORE)[:1]
    with_pointers = replace(topic, aspect=replace(topic.aspect, allows_pointers=True))
    # Of equals, the later one is chosen.
    likely = _choose(with_pointers, [*reversed(abstract)], LIKELY_SCORE)
    last = finding(paper.abstract) if topic.name == "Results" else ""
    return likely[-1:] or [evidence for evidence in abstract if evidence.sentence == last]


def _of_sections(
    topic: _Topic, paper: Paper, text: FullText, texts: FullTexts, used: Iterable[str]
) -> list[Evidence]:
    """Return the sentences of the paper's sections that state a part."""
    vector = texts.embedder.encode_question(topic.query)
    found = [f for f in texts.nearest(text, vector) if not f.passage.is_table]
    about = topics_of(text)
    own = [f for f in found if about[f.position] == topic.name]
    closing = [f for f in found if topic.is_sure and any(map(_CLOSING.search, f.passage.headings))]
    best = sorted(own or closing, key=lambda f: -f.cosine)[:MAX_PASSAGES]
    candidates = [
        (f.passage, f.position, sentence)
        for f in sorted(best, key=lambda f: f.position)
        for sentence in map(one_line, f.passage.sentences())
        if sentence not in used and not is_directive(sentence)
    ]
    if not candidates:
        return []
    cosines = texts.embedder.encode([sentence for *_, sentence in candidates]) @ vector
    names = system_names(paper)
    evidence = []
    for n, (passage, position, sentence) in enumerate(candidates):
        is_own = Role.of(sentence).own_work or any(name in sentence for name in names)
        early = EARLY * (1 - n / len(candidates))
        score = COSINE * float(cosines[n]) + early + OWN * is_own
        evidence.append(
            Evidence(paper, sentence, 1_000 * (position + 1) + n, score, passage.section)
        )
    least = SURE_SCORE if not own else float("-inf") if topic.is_sure else SECTION_SCORE
    return _choose(topic, evidence, least)


def _choose(topic: _Topic, sentences: Sequence[Evidence], least: float) -> list[Evidence]:
    """Return the one or two sentences that state a part best, in the paper's order.

    `least` is the score that the aspect must give a sentence. The score of a sentence of the
    abstract is its place; that of a section's is added.
    """
    scores = {}
    for evidence in sentences:
        words = len(evidence.sentence.split())
        place = 0 if evidence.section else int(evidence.score)
        score = topic.aspect.score(evidence.sentence, place)
        if LEAST_WORDS <= words <= MAX_WORDS and score >= least:
            scores[evidence] = score + (evidence.score if evidence.section else 0.0)
    ranked = sorted(scores, key=lambda evidence: -scores[evidence])
    chosen = ranked[:1]
    for evidence in ranked[1:]:
        words = sum(len(e.sentence.split()) for e in (*chosen, evidence))
        is_as_good = scores[evidence] >= SECOND_SHARE * scores[chosen[0]]
        if len(chosen) < MAX_SENTENCES and words <= MAX_WORDS and is_as_good:
            chosen.append(evidence)
    return sorted(chosen, key=lambda evidence: evidence.index)


def topics_of(text: FullText) -> list[Name | None]:
    """Return for each passage which part its headings say it is about; None for none."""
    named = [_named(passage) for passage in text.passages]
    begin = next((n for n, name in enumerate(named) if name == "Why"), None)
    results = [n for n, name in enumerate(named) if name == "Results"]
    if begin is None or not results:
        return named
    between = range(begin, results[0])
    return [
        "How it works" if name is None and n in between and not _is_elsewhere(passage) else name
        for n, (name, passage) in enumerate(zip(named, text.passages, strict=True))
    ]


def _named(passage: TextPassage) -> Name | None:
    """Return the part that the innermost telling heading names."""
    for heading in reversed(passage.headings):
        if _ELSEWHERE.search(heading):
            return None
        for topic in _TOPICS:
            if topic.headings.search(heading):
                return topic.name
    return None


def _is_elsewhere(passage: TextPassage) -> bool:
    return any(_ELSEWHERE.search(heading) for heading in passage.headings)
