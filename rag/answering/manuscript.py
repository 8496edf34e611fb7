"""What a model has written so far: the sentences that may be shown, never its raw text."""

import contextlib
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import pairwise
from typing import cast

from rag.answering.degeneration import (
    HEADER,
    LOOP,
    Degeneration,
    DegenerationDetector,
    strip_first_role,
)
from rag.answering.prompt import INSTRUCTIONS
from rag.answering.refusal import without_disclaimers
from rag.grounding.checker import MARK, Grounding, Verdict, describe_failed
from rag.grounding.claims import Claim, claims_of
from rag.llm.reasoning import RESTART, AnswerText
from rag.records import Passage
from rag.text.language import ENGLISH, sentence_language
from rag.text.words import words

# Everything up to the last complete sentence with its markers: a text may run out of tokens.
COMPLETE_SENTENCES = re.compile(
    r".*[.!?。！？…][\"”’)]*(?:\s*\[\d+\])*|.*[^\s\]]\s*(?:\[\d+\])+", re.DOTALL
)
# The same for a text that was cut off: the last marker may stand inside a sentence, and "94." may
# be half of a number.
ENDED_SENTENCES = re.compile(
    r".*(?:[!?。！？…]|(?<!\d)\.|\.(?!\Z))[\"”’)]*(?:\s*\[\d+\])*", re.DOTALL
)
NEAR_END = 40  # characters behind a full stop, in which the next sentence begins
_MAY_END = re.compile(r"[.!?。！？…\n\]]")
ALIKE = 0.8  # share of two sentences' pairs of words: more alike ones say the same


class Manuscript:
    """A text that grows piece by piece and is checked sentence by sentence.

    A sentence is complete once the next one has begun, since its marker may follow the full stop,
    and one without a marker once a later one has some.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        grounding: Grounding | None,
        *,
        language: str = ENGLISH,
        keep_on: Callable[[], None] = lambda: None,
    ) -> None:
        """`language` is that of the question; without `grounding` every sentence passes.

        `keep_on` is called before each step of the check, and may raise to end it.
        """
        self.pieces = 0
        self.degeneration: Degeneration | None = None
        self._answer = AnswerText()
        self._passages = passages
        self._grounding = grounding
        self._language = language
        self._keep_on = keep_on
        self._marks_failed = bool(grounding and grounding.config.failed == "mark")
        self._detector = DegenerationDetector(passages, INSTRUCTIONS)
        self._claims: list[Claim] = []  # complete sentences
        self._verdicts: dict[Claim, tuple[Claim, Verdict]] = {}

    @property
    def raw(self) -> str:
        """What the model has written, without its thinking."""
        return self._answer.text

    @property
    def is_cut_off(self) -> bool:
        """Whether the model was stopped at max_tokens."""
        return self._answer.is_cut_off

    @property
    def text(self) -> str:
        """The sentences that passed, with the numbers of the passages as markers."""
        text = ""
        for claim, verdict in self._judged:
            if not verdict.failed or self._marks_failed:
                written = claim.marked(MARK) if verdict.failed else claim.written
                text += claim.space * bool(text) + written
        return text

    @property
    def passed(self) -> int:
        """How many sentences passed."""
        return sum(not verdict.failed for _, verdict in self._judged)

    @property
    def failed(self) -> int:
        """How many sentences did not."""
        return sum(bool(verdict.failed) for _, verdict in self._judged)

    @property
    def note(self) -> str:
        """The note about sentences that failed, or ""."""
        return describe_failed(self.failed, is_marked=self._marks_failed)

    @property
    def is_in_language(self) -> bool:
        """Whether the sentences that passed are in the question's language, as far as is known."""
        written = sentence_language(self.text, self._language)
        return not written or not self._language or written == self._language

    def read(self, pieces: Iterator[str]) -> Iterator[None]:
        """Add the pieces, until they degenerate; yield whenever more sentences have passed.

        Also yields when all sentences turn out to be thinking; then there are none.
        """
        with contextlib.closing(cast("Generator[str]", pieces)):
            for piece in pieces:
                self._answer.add(piece)
                if piece is RESTART:
                    self._claims = []
                    yield
                if not piece:
                    continue
                self.pieces += 1
                if self._review(is_finished=False):
                    yield
                if self.degeneration:
                    return
        if self._review(is_finished=True):
            yield

    def _review(self, *, is_finished: bool) -> bool:
        self._keep_on()
        text = self._bare
        if not self.degeneration:
            self.degeneration = self._detector.find(text, is_finished=is_finished)
        if self.degeneration:
            complete = COMPLETE_SENTENCES.match(text[: self.degeneration.start])
            claims = claims_of(complete[0], self._passages) if complete else []
        elif is_finished:
            pattern = ENDED_SENTENCES if self.is_cut_off else COMPLETE_SENTENCES
            complete = pattern.match(text)
            written = complete[0] if complete else "" if self.is_cut_off else text
            claims = claims_of(written, self._passages)
            if claims and not complete and not claims[-1].cited:
                claims.pop()  # it breaks off
        elif not _MAY_END.search(self.raw, max(0, len(self.raw) - NEAR_END)):
            return False
        else:
            claims = claims_of(text, self._passages)[:-1]
            while claims and not claims[-1].cited:
                claims.pop()  # the marker that follows may stand for it, too
        return self._take(claims)

    @property
    def _bare(self) -> str:
        """What the model has written, without a role in front and what the abstracts do not say."""
        return without_disclaimers(strip_first_role(self.raw))

    def _take(self, claims: list[Claim]) -> bool:
        """Judge the new ones of these sentences; return whether more of them passed than before."""
        passed = self.passed
        known = _common_start(claims, self._claims)
        for n, claim in enumerate(claims[known:], start=known):
            self._keep_on()
            is_said = any(_alike(claim.text, earlier.text) for earlier in claims[:n])
            if is_said or self._detector.is_copied(claim.text):
                start = self._bare.rfind(claim.text)
                self.degeneration = self.degeneration or Degeneration(
                    start, LOOP if is_said else HEADER
                )
                claims = claims[:n]
                break
        self._claims = claims
        first_new = next((n for n, c in enumerate(claims) if c not in self._verdicts), len(claims))
        new = claims[first_new:]
        self._verdicts |= dict(zip(new, self._judge(new), strict=True))
        return self.passed > passed

    def _judge(self, claims: list[Claim]) -> list[tuple[Claim, Verdict]]:
        if not claims:
            return []
        if self._grounding is None:
            return [(claim, Verdict(1.0)) for claim in claims]
        return self._grounding.judged(
            claims, self._passages, language=self._language, keep_on=self._keep_on
        )

    @property
    def _judged(self) -> list[tuple[Claim, Verdict]]:
        return [self._verdicts[claim] for claim in self._claims if claim in self._verdicts]


def _common_start(claims: Sequence[Claim], others: Sequence[Claim]) -> int:
    """Return how many sentences both begin with."""
    pairs = enumerate(zip(claims, others, strict=False))
    return next((n for n, (ours, theirs) in pairs if ours != theirs), min(len(claims), len(others)))


def _alike(text: str, other: str) -> bool:
    """Return whether two sentences say the same in almost the same words."""
    ours, theirs = words(text), words(other)
    if min(len(ours), len(theirs)) < 2:
        return ours == theirs
    pairs, other_pairs = set(pairwise(ours)), set(pairwise(theirs))
    return len(pairs & other_pairs) >= ALIKE * max(len(pairs), len(other_pairs))
