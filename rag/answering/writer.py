"""Written answers: the language model puts the quoted sentences into its own words."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from langchain_core.messages import BaseMessage

from rag.answering.brief import MIN_SENTENCES, REQUEST, Brief, clean, passages_of_list
from rag.answering.degeneration import strip_first_role
from rag.answering.gate import Gate
from rag.answering.manuscript import Manuscript
from rag.answering.prompt import Prompt, build_prompt, make_messages, paper_ids
from rag.answering.refusal import is_refusal, refuse
from rag.config import ModelConfig, answer_tokens
from rag.errors import JudgeError, ModelError
from rag.grounding.checker import Grounding
from rag.grounding.citations import check
from rag.llm.language_model import TEMPLATE_TOKENS, LanguageModel
from rag.llm.waiting_queue import WaitingQueue
from rag.records import Answer, Evidence, Exchange, Paper, Passage, Writing
from rag.text.language import question_language

log = logging.getLogger(__name__)

STOPPED = "The answer was stopped; these are the quoted sentences."
WENT_WRONG = "Something went wrong with the written answer; these are the quoted sentences."
BROKEN_OFF = "What the model wrote after that was not readable."
MAX_SUPPORT = 0.5  # of the quotes: a model that finds no answer in better ones is not believed
# Why the quotes stay, in a word, and what people read about it.
NO_TEXT, UNREADABLE, UNCITED, UNSUPPORTED, LANGUAGE, REFUSED, WORSE = (
    "empty", "unreadable", "uncited", "unsupported", "language", "refused", "worse",
)  # fmt: skip
NOTES = {
    NO_TEXT: "The model wrote nothing; these are the quoted sentences.",
    UNREADABLE: "What the model wrote was not readable; these are the quoted sentences.",
    UNCITED: "The model's answer cited no paper; these are the quoted sentences.",
    UNSUPPORTED: "The abstracts do not say what the model wrote; these are the quoted sentences.",
    LANGUAGE: "The model answered in another language; these are the quoted sentences.",
    REFUSED: "The model found no answer in these sentences.",
    WORSE: "These sentences answer better than what the model wrote.",
}


class Writer:
    """Writes as many answers at once as the model can; further callers wait in a bounded queue."""

    def __init__(
        self,
        model: LanguageModel,
        config: ModelConfig,
        *,
        papers: Callable[[Sequence[str]], Mapping[str, Paper]],
        gate: Gate,
        grounding: Grounding | None = None,
    ) -> None:
        """`papers` looks up the papers of earlier turns by their ids.

        `gate` decides whether the quotes give way. `grounding` checks the written sentences;
        without it only the markers are checked.
        """
        self.model = model
        self.config = config
        self.queue = WaitingQueue(config.waiting, at_once=lambda: model.at_once)
        self.papers = papers
        self.gate = gate
        self.grounding = grounding

    @property
    def name(self) -> str:
        """The model's name in messages to people; a server's may be known only after an answer."""
        return self.model.name

    @property
    def problem(self) -> str:
        """What keeps the model from answering at all, in one sentence; else an empty string."""
        return self.model.problem

    def write(
        self,
        quoted: Answer,
        *,
        cancel: threading.Event | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> Iterator[Answer]:
        """Yield the written answer as it grows, and last the finished one.

        Every one of them is at least as good as the quotes: complete sentences that passed the
        checks and the gate. Otherwise, and after any failure, the last one is the quoted answer
        with a note that explains it. `on_place` is called with the number of people in front, in
        the thread that iterates. A list stays below a brief about its papers; after a failure it
        stands alone, without a note.
        """
        if quoted.brief_from:
            yield from self._write_above(quoted, cancel, on_place)
            return
        started = time.perf_counter()
        try:
            with self.queue.wait_for_turn(on_place=on_place, cancel=cancel):
                last = yield from self._write(quoted, self._prompt(quoted), cancel)
        except (ModelError, JudgeError) as error:
            last = _fall_back(quoted, str(error))
        except Exception:  # whatever it is, the quotes are as good as before
            log.exception("writing an answer")
            last = _fall_back(quoted, WENT_WRONG)
        if cancel and cancel.is_set():
            last = _fall_back(quoted, STOPPED)
        yield replace(last, seconds=quoted.seconds + time.perf_counter() - started)

    def _write(
        self, quoted: Answer, prompt: Prompt, cancel: threading.Event | None
    ) -> Generator[Answer, None, Answer]:
        """Yield the answer as it grows; return the finished one."""
        started = time.perf_counter()
        # No language is expected if the question was translated or asks for one.
        is_any = bool(quoted.translation or quoted.answer_in)
        language = "" if is_any else question_language(quoted.question.text)
        keep_on = self._keep_on(cancel)
        manuscript = Manuscript(prompt.citable, self.grounding, language=language, keep_on=keep_on)
        best: Answer | None = None
        for _ in manuscript.read(self.model.stream(prompt.messages, cancel=cancel)):
            if better := self._if_as_good(quoted, manuscript, prompt.citable):
                best = better
                yield replace(best, finished=False)
            elif best and not manuscript.text:  # it was thinking
                best = None
                yield replace(quoted, finished=False)
        best = self._if_as_good(quoted, manuscript, prompt.citable) or best
        if best:
            broken_off = BROKEN_OFF if manuscript.degeneration else ""
            last, why = replace(best, note=_join_notes(best.note, manuscript.note, broken_off)), ""
        else:
            last, why = self._without_text(quoted, manuscript, prompt.citable)
        writing = _writing(manuscript, started, why)
        return replace(last, exchanges=(*prompt.exchanges, prompt.exchange(last)), writing=writing)

    def _if_as_good(
        self, quoted: Answer, manuscript: Manuscript, passages: Sequence[Passage]
    ) -> Answer | None:
        """Return what is written so far as an answer, if it is as good as the quotes."""
        text, citations = check(manuscript.text, passages)
        if not citations or not manuscript.is_in_language:
            return None
        if not self.gate.passes(quoted, manuscript.text, passages):
            return None
        return replace(quoted, text=text, citations=citations, mode="generated", model=self.name)

    def _without_text(
        self, quoted: Answer, manuscript: Manuscript, passages: Sequence[Passage]
    ) -> tuple[Answer, str]:
        """Return the answer without what the model wrote, and why the quotes stay, if they do."""
        why = _why_unusable(manuscript, passages)
        if why == WORSE and not manuscript.is_in_language:
            why = LANGUAGE
        if why == REFUSED and quoted.support is not None and quoted.support < MAX_SUPPORT:
            text, citations = refuse(quoted.coverage, quoted.hits)
            refused = replace(
                quoted, text=text, citations=citations, mode="generated", refused=True
            )
            return replace(refused, model=self.name), ""
        return _fall_back(quoted, NOTES[why]), why

    def _write_above(
        self,
        quoted: Answer,
        cancel: threading.Event | None,
        on_place: Callable[[int], None] | None,
    ) -> Iterator[Answer]:
        """Yield the list with a growing brief above it."""
        started = time.perf_counter()
        for brief in self.brief(quoted.brief_from, quoted.today, cancel=cancel, on_place=on_place):
            answer = quoted
            if brief.text:
                text, note = f"{brief.text}\n\n{quoted.text}", _join_notes(quoted.note, brief.note)
                answer = replace(quoted, text=text, note=note, mode="generated", model=self.name)
            seconds = quoted.seconds + time.perf_counter() - started
            answer = replace(answer, writing=brief.writing)
            yield replace(answer, finished=brief.finished, seconds=seconds)

    def brief(
        self,
        sentences: Sequence[Evidence],
        today: date,
        *,
        cancel: threading.Event | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> Iterator[Brief]:
        """Yield a brief of a list's papers as it grows, and last the finished one.

        `sentences` are one of each paper, in the order of the list, whose numbers the markers are.
        The last brief is empty after any failure.
        """
        last = Brief(finished=True)
        try:
            passages = passages_of_list(sentences)
            with self.queue.wait_for_turn(on_place=on_place, cancel=cancel):
                started = time.perf_counter()
                messages = make_messages(REQUEST, passages, today)
                while len(passages) > 1 and not self._fits(messages, self._room):
                    passages.pop()
                    messages = make_messages(REQUEST, passages, today)
                keep_on, is_shown = self._keep_on(cancel), False
                manuscript = Manuscript(passages, self.grounding, keep_on=keep_on)
                for _ in manuscript.read(self.model.stream(messages, cancel=cancel)):
                    if manuscript.passed >= MIN_SENTENCES:
                        is_shown = True
                        yield Brief(clean(manuscript.text, passages))
                    elif is_shown:  # it was thinking
                        is_shown = False
                        yield Brief()
            writing = _writing(manuscript, started, _why_no_brief(manuscript, passages))
            last = Brief(finished=True, writing=writing)
            if not writing.kept_quotes:
                text = clean(manuscript.text, passages)
                last = Brief(text, manuscript.note, finished=True, writing=writing)
        except (ModelError, JudgeError) as error:
            log.info("no brief: %s", error)
        except Exception:  # the list is as good as before
            log.exception("writing a brief")
            last = Brief(finished=True)
        yield Brief(finished=True) if cancel and cancel.is_set() else last

    def _keep_on(self, cancel: threading.Event | None) -> Callable[[], None]:
        """Return what the check calls before each step; it raises ModelError if it has to stop.

        The model itself is stopped elsewhere, but the check can take longer than the model.
        """
        seconds = self.config.answer_seconds
        deadline = time.monotonic() + seconds

        def keep_on() -> None:
            if cancel and cancel.is_set():
                raise ModelError(STOPPED)
            if time.monotonic() > deadline:
                raise ModelError(
                    f"the answer took longer than {seconds:.0f} seconds: name a smaller model, or "
                    "raise answer_seconds in [rag.model]."
                )

        return keep_on

    @property
    def _room(self) -> int:
        """The tokens that a prompt may have."""
        n_ctx = self.model.n_ctx
        return n_ctx - answer_tokens(self.config.max_tokens, n_ctx)

    def _prompt(self, quoted: Answer) -> Prompt:
        """Return a prompt that leaves room for the answer.

        Drops the oldest turns first, several at a time, so that the start of the conversation,
        which the model has evaluated already, seldom changes; then the weakest sentences of
        evidence.
        """
        room = self._room
        earlier, evidence = quoted.exchanges, quoted.evidence
        prompt = self._build(quoted, earlier, evidence)
        if self._fits(prompt.messages, room):
            return prompt
        while earlier and not self._fits(prompt.messages, room // 2):
            earlier = earlier[1:]
            prompt = self._build(quoted, earlier, evidence)
        while len(evidence) > 1 and not self._fits(prompt.messages, room):
            evidence = evidence[:-1]
            prompt = self._build(quoted, earlier, evidence)
        return prompt

    def _build(
        self, quoted: Answer, earlier: Sequence[Exchange], evidence: Sequence[Evidence]
    ) -> Prompt:
        papers = self.papers(paper_ids(earlier)) if earlier else {}
        return build_prompt(
            quoted.asked,
            evidence,
            quoted.today,
            exchanges=earlier,
            papers=papers,
            asker=quoted.question.asker,
            has_example=self.model.is_base,
        )

    def _fits(self, messages: Sequence[BaseMessage], room: int) -> bool:
        """Return whether a prompt has at most `room` tokens; counts them only if necessary."""
        texts = [message.text for message in messages]
        max_tokens = sum(len(text.encode("utf-8", "replace")) for text in texts)
        if max_tokens + TEMPLATE_TOKENS * len(texts) <= room:
            return True  # no token is shorter than a byte
        return self.model.count_tokens(messages) <= room


def _writing(manuscript: Manuscript, started: float, why: str) -> Writing:
    """Return what the model did since `started`; `why` says why its text is not shown, or ""."""
    return Writing(
        raw=manuscript.raw,
        seconds=time.perf_counter() - started,
        tokens=manuscript.pieces,
        kept_quotes=why,
        removed=manuscript.failed,
    )


def _why_no_brief(manuscript: Manuscript, passages: Sequence[Passage]) -> str:
    """Return in a word why a list stays without a brief; "" if it gets one."""
    if manuscript.passed >= MIN_SENTENCES:
        return ""
    return WORSE if manuscript.passed else _why_unusable(manuscript, passages)


def _why_unusable(manuscript: Manuscript, passages: Sequence[Passage]) -> str:
    """Return in a word why what the model wrote is not shown."""
    raw = manuscript.raw.strip()
    if not raw:
        return NO_TEXT
    if is_refusal(strip_first_role(raw)):
        return REFUSED
    if manuscript.degeneration:
        return UNREADABLE
    if not manuscript.passed:
        return UNSUPPORTED if check(raw, passages)[1] else UNCITED
    return WORSE


def _fall_back(quoted: Answer, note: str) -> Answer:
    """Return the quoted answer with a note that explains why it is not a written one."""
    note = note[:1].upper() + note[1:]
    return replace(quoted, model="", note=_join_notes(quoted.note, note))


def _join_notes(*notes: str) -> str:
    return " ".join(filter(None, notes))
