"""Checks each written sentence against the abstracts of the papers that it cites.

The abstracts must contain its numbers and names, the words of each of its clauses must be close to
theirs, and they must not be likely to contradict it (`signs.py`). A sentence without a marker gets
the marker of the passage that supports it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from langchain_core.embeddings import Embeddings

from rag.config import CheckConfig
from rag.grounding.alignment import Reader
from rag.grounding.claims import MIN_CLAUSE_TERMS, Claim, claims_of
from rag.grounding.judge import Judge
from rag.grounding.signs import Signs, probability, read_signs, sources_of, stated
from rag.records import Paper, Passage
from rag.text.language import ENGLISH, sentence_language
from rag.text.names import is_name_in, names_in, system_names
from rag.text.numbers import Quantity, quantities, strip_tex
from rag.text.words import terms, words

# At this probability, 0.05 of the true sentences by writers who had not seen the rules are lost.
LIKELY = 0.19
UNCITED_NEAR = 0.7  # nearness that a sentence needs which cites nothing
MAX_LISTED = 12  # things that an abstract lists without a number
MAX_SENTENCE = 2000  # characters; what is longer is no sentence
MAX_FRAGMENT_TERMS = 5  # content words of an answer that is not a whole sentence
MARK = " (not found in the abstract)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How close a sentence is to its source, 0 to 1, and why it failed ("" if it passed).

    With a judge, `near` is the probability that the sentence follows from the source. In a language
    that the encoder cannot read it is 1 if the sentence has numbers or names and the source has
    them too, else 0; 0 does not make the sentence fail. `signs` are there if they decided.
    """

    near: float
    failed: str = ""
    signs: Signs | None = None


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
        """`embeddings` must be the bundled ones: the weights were fitted with them."""
        self.reader = Reader(embeddings)
        self.config = config
        self.judge = judge

    def check(self, text: str, passages: Sequence[Passage], *, language: str = ENGLISH) -> Checked:
        """Remove the sentences that fail from the text, or mark them, as the config says.

        Markers are the numbers of the passages; `language` is that of the question.
        """
        passed = failed = 0
        kept = ""
        for claim, verdict in self.judged(claims_of(text, passages), passages, language=language):
            passed += not verdict.failed
            failed += bool(verdict.failed)
            if verdict.failed and self.config.failed != "mark":
                continue
            written = claim.marked(MARK) if verdict.failed else claim.written
            kept += claim.space * bool(kept) + written
        return Checked(kept, passed, failed, is_marked=self.config.failed == "mark")

    def judged(
        self,
        claims: Sequence[Claim],
        passages: Sequence[Passage],
        *,
        language: str = ENGLISH,
        keep_on: Callable[[], None] = lambda: None,
    ) -> list[tuple[Claim, Verdict]]:
        """Return each sentence, with the markers it should have, and the verdict on it.

        Markers of passages that were not given are ignored. `keep_on` is called before each
        sentence is compared with a paper, and may raise to end the check.
        """
        papers = {passage.n: passage.said_by for passage in passages}
        claims = [claim.among(papers) for claim in claims]
        found = []
        following: tuple[int, ...] = ()
        for claim in reversed(claims):
            following = claim.cited or following
            found.append(self._judged(claim, following, papers, language, keep_on))
        return found[::-1]

    def _judged(
        self,
        claim: Claim,
        following: Sequence[int],
        papers: Mapping[int, Paper],
        language: str,
        keep_on: Callable[[], None],
    ) -> tuple[Claim, Verdict]:
        """Return a sentence with the markers it should have, and the verdict on it.

        One without a marker may share the markers that follow; else it gets the one that fits best.
        """
        keep_on()
        if len(claim.text) > MAX_SENTENCE:
            return claim, Verdict(0.0, "long")
        if claim.cited:
            return claim, self._verdict(claim, papers, language)
        if following:
            sharing = claim.citing(following)
            verdict = self._verdict(sharing, papers, language)
            if not verdict.failed:
                return sharing, verdict
        tried, verdicts = [claim.citing([n]) for n in papers], []
        for other in tried:
            keep_on()
            verdicts.append(self._verdict(other, papers, language))
        fitting = [
            (verdict.near, -n)
            for n, verdict in enumerate(verdicts)
            if not verdict.failed and verdict.near >= UNCITED_NEAR
        ]
        if fitting and len(terms(claim.text)) >= MIN_CLAUSE_TERMS:
            best = -max(fitting)[1]
            return tried[best], verdicts[best]
        near = max((verdict.near for verdict in verdicts), default=0.0)
        return claim, Verdict(near, "uncited")

    def _verdict(self, claim: Claim, papers: Mapping[int, Paper], asked_in: str) -> Verdict:
        """Check a sentence against the papers that it cites."""
        cited = [papers[n] for n in claim.cited]
        text, said = strip_tex(claim.text), "\n".join(map(_all_of, cited))
        numbers, there = quantities(text), quantities(said, every=True)
        lacking = [n for n in numbers if not any(n.stands_for(theirs) for theirs in there)]
        language = sentence_language(text, asked_in)
        is_weighed = language == ENGLISH and not self.judge
        if any(not (is_weighed and _may_count(number, text)) for number in lacking):
            return Verdict(0.0, "number")
        known = [name for paper in papers.values() for name in system_names(paper)]
        named = names_in(text, known, language=language)
        if not all(is_name_in(name, said) for name in named):
            return Verdict(0.0, "name")
        if self.judge:
            likely = self.judge.probability([strip_tex(stated(paper)) for paper in cited], text)
            return Verdict(likely, "" if likely >= self.config.judge_bound else "judge")
        if language != ENGLISH:
            return Verdict(1.0 if named or numbers else 0.0)
        if _is_fragment_of(text, [sentence for paper in cited for sentence in sources_of(paper)]):
            return Verdict(1.0)
        near, signs = read_signs(claim.plain, papers, self.reader, lacks_count=bool(lacking))
        if near < self.config.similarity:
            return Verdict(near, "far")
        return Verdict(near, "" if probability(signs) >= LIKELY else "contradicted", signs)


def _may_count(number: Quantity, text: str) -> bool:
    """Return whether a number may count what an abstract only lists ("two stages")."""
    is_in_words = not re.search(r"\d", text[number.start : number.end])
    return is_in_words and number.kind == "" and number.value <= MAX_LISTED


def _is_fragment_of(text: str, sentences: Sequence[str]) -> bool:
    """Return whether a few words ("Up to 35%.") stand in one of these sentences in this order.

    All words count: "not" and "than" decide what a sentence says.
    """
    if len(terms(text)) > MAX_FRAGMENT_TERMS:
        return False
    said = words(text)
    for sentence in sentences:
        there = iter(words(sentence))
        if all(word in there for word in said):
            return True
    return False


def _all_of(paper: Paper) -> str:
    """Return the texts and facts from which a sentence may take names and numbers."""
    days = f"{paper.published_on or ''} {paper.featured_on or ''}"
    people = f"{paper.organization or ''} {', '.join(paper.authors)}"
    return f"{strip_tex(paper.title)}. {strip_tex(stated(paper))} {people} {days}"


def describe_failed(number: int, *, is_marked: bool) -> str:
    """Return the note about so many sentences that failed; "" about none."""
    if not number:
        return ""
    some = f"{number} sentence" + "s" * (number > 1)
    if is_marked:
        return f"{some} could not be found in the abstracts."
    verb = "were" if number > 1 else "was"
    return f"{some} that the abstracts do not say {verb} taken out."
