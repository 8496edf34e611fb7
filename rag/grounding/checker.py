"""Checks each written sentence against the abstracts of the papers that it cites.

The abstracts must contain its numbers and names, the words of each of its clauses must be close to
theirs, and it must not contradict them. A sentence without a marker gets the marker of the passage
that supports it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from langchain_core.embeddings import Embeddings

from rag.config import CheckConfig
from rag.encoders.embedder import SentenceTransformerEmbeddings
from rag.grounding.alignment import Reading, nearness, read
from rag.grounding.claims import MIN_CLAUSE_TERMS, Claim, claims_of
from rag.grounding.contradiction import contradicts
from rag.grounding.judge import Judge
from rag.records import Paper, Passage
from rag.text.language import ENGLISH, sentence_language
from rag.text.names import is_name_in, names_in, system_names
from rag.text.numbers import quantities, strip_tex
from rag.text.sentences import split_sentences
from rag.text.words import terms

UNCITED_NEAR = 0.7  # a sentence that cites nothing must come closer
MARK = " (not found in the abstract)"
# syntok does not split at "0.80. We", and it splits at semicolons.
_NUMBER_ENDS = re.compile(r"(?<=\d\.)\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How close a sentence is to its source, 0 to 1, and why it failed ("" if it passed).

    With a judge, `near` is the probability that the sentence follows from the source. In a language
    that the encoder cannot read it is 1 if the sentence has numbers or names and the source has
    them too, else 0; 0 does not make the sentence fail.
    """

    near: float
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A text in which every sentence that passed is cited, and how many sentences failed."""

    text: str
    passed: int
    failed: int
    is_marked: bool

    @property
    def note(self) -> str:
        """The note that readers see, or ""."""
        return describe_failed(self.failed, is_marked=self.is_marked)


class Grounding:
    """Checks written answers. Thread-safe."""

    def __init__(
        self,
        embeddings: Embeddings,
        config: CheckConfig,
        *,
        judge: Judge | None = None,
    ) -> None:
        """`embeddings` must be the bundled ones: the bounds were chosen with them."""
        if not isinstance(embeddings, SentenceTransformerEmbeddings):
            raise TypeError(
                "the check needs the bundled encoder, which gives a vector for each word"
            )
        self.embeddings = embeddings
        self.config = config
        self.judge = judge

    def check(self, text: str, passages: Sequence[Passage], *, language: str = ENGLISH) -> Checked:
        """Remove the sentences that fail from the text, or mark them, as the config says.

        Markers are the numbers of the passages; `language` is that of the question.
        """
        passed = failed = 0
        kept = ""
        for claim, verdict in self.judged(claims_of(text), passages, language=language):
            passed += not verdict.failed
            failed += bool(verdict.failed)
            if verdict.failed and self.config.failed != "mark":
                continue
            written = claim.marked(MARK) if verdict.failed else claim.written
            kept += claim.space * bool(kept) + written
        return Checked(kept, passed, failed, is_marked=self.config.failed == "mark")

    def judged(
        self, claims: Sequence[Claim], passages: Sequence[Passage], *, language: str = ENGLISH
    ) -> list[tuple[Claim, Verdict]]:
        """Return each sentence, with the markers it should have, and the verdict on it.

        Markers of passages that were not given are ignored.
        """
        papers = {passage.n: passage.paper for passage in passages}
        claims = [claim.among(papers) for claim in claims]
        readings = {} if self.judge else self._read(claims, papers)
        found = []
        for claim in claims:
            tried = [claim] if claim.cited else [claim.citing([n]) for n in papers]
            verdicts = [self._verdict(c, papers, readings, language) for c in tried]
            if claim.cited:
                found.append((claim, verdicts[0]))
                continue
            fitting = [
                (verdict.near, -n)
                for n, verdict in enumerate(verdicts)
                if not verdict.failed and verdict.near >= UNCITED_NEAR
            ]
            if fitting and len(terms(claim.text)) >= MIN_CLAUSE_TERMS:
                best = -max(fitting)[1]
                found.append((tried[best], verdicts[best]))
            else:
                near = max((verdict.near for verdict in verdicts), default=0.0)
                found.append((claim, Verdict(near, "uncited")))
        return found

    def _read(self, claims: Sequence[Claim], papers: Mapping[int, Paper]) -> dict[str, Reading]:
        """Encode in one batch all that will be compared: the sentences and the papers they cite."""
        cited = {n for claim in claims for n in claim.cited or papers}
        texts = [strip_tex(claim.text) for claim in claims]
        for n in sorted(cited):
            texts += [strip_tex(papers[n].title), *sentences_of(papers[n])]
        texts = list(dict.fromkeys(texts))
        return dict(zip(texts, read(self.embeddings, texts), strict=True))

    def _verdict(
        self,
        claim: Claim,
        papers: Mapping[int, Paper],
        readings: Mapping[str, Reading],
        asked_in: str,
    ) -> Verdict:
        """Check a sentence against the papers that it cites."""
        cited = [papers[n] for n in claim.cited]
        text, said = strip_tex(claim.text), "\n".join(map(_all_of, cited))
        numbers, there = quantities(text), quantities(said)
        if not all(any(ours.stands_for(theirs) for theirs in there) for ours in numbers):
            return Verdict(0.0, "number")
        language = sentence_language(text, asked_in)
        known = [name for paper in papers.values() for name in system_names(paper)]
        named = names_in(text, known, language=language)
        if not all(is_name_in(name, said) for name in named):
            return Verdict(0.0, "name")
        if self.judge:
            likely = self.judge.probability([strip_tex(paper.abstract) for paper in cited], text)
            return Verdict(likely, "" if likely >= self.config.judge_bound else "judge")
        if language != ENGLISH:
            return Verdict(1.0 if named or numbers else 0.0)
        return self._compared(claim.plain, papers, readings)

    def _compared(
        self, claim: Claim, papers: Mapping[int, Paper], readings: Mapping[str, Reading]
    ) -> Verdict:
        """Compare each clause with the sentences of the papers that it cites."""
        whole = readings[claim.text]
        unnumbered = whole.without([(q.start, q.end) for q in quantities(claim.text)])
        near, contradiction = 1.0, ""
        for start, end, numbers in claim.clauses:
            cited = [papers[n] for n in numbers]
            sentences = [readings[text] for paper in cited for text in sentences_of(paper)]
            titles = [readings[strip_tex(paper.title)] for paper in cited]
            part = unnumbered.part(start, end)
            if len(part.vectors):
                near = min(near, nearness(part, [*titles, *sentences]))
            own = [name for paper in cited for name in _own_names(paper)]
            contradiction = contradiction or contradicts(whole, (start, end), sentences, own)
        return Verdict(near, "far" if near < self.config.similarity else contradiction)


def describe_failed(number: int, *, is_marked: bool) -> str:
    """Return the note about so many sentences that failed; "" about none."""
    if not number:
        return ""
    some = f"{number} sentence" + "s" * (number > 1)
    if is_marked:
        return f"{some} could not be found in the abstracts."
    verb = "were" if number > 1 else "was"
    return f"{some} that the abstracts do not say {verb} taken out."


def _own_names(paper: Paper) -> tuple[str, ...]:
    """Return the name of a paper's own system: the first, or two if the first is a phrase."""
    names = system_names(paper)
    return names[:2] if names and " " in names[0] else names[:1]


def _all_of(paper: Paper) -> str:
    """Return the texts and facts from which a sentence may take names and numbers."""
    days = f"{paper.published_on or ''} {paper.featured_on or ''}"
    people = f"{paper.organization or ''} {', '.join(paper.authors)}"
    return f"{strip_tex(paper.title)}. {strip_tex(paper.abstract)} {people} {days}"


@lru_cache(maxsize=256)
def sentences_of(paper: Paper) -> tuple[str, ...]:
    """Return the sentences of an abstract; parts between semicolons stay together."""
    found: list[str] = []
    for sentence in split_sentences(strip_tex(paper.abstract)):
        if found and found[-1].endswith(";"):
            found[-1] += f" {sentence}"
        else:
            found += _NUMBER_ENDS.split(sentence)
    return tuple(found)
