"""Several answers written at once: each step evaluates one batch with a token of every answer.

A step reads all of the model's weights from memory, which takes most of its time, so that it takes
hardly longer for four tokens than for one. Requests join and leave between two steps: prompts are
evaluated one after the other, in pieces that the other answers do not wait for long, and an answer
that has ended frees its sequence. Only the worker process imports this module.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from rag.llm.llama_model import ABORTED, LlamaModel, Part, Sampler, TokenText

PIECE_SECONDS = 0.5  # that others wait while a piece of a prompt is evaluated
SMALLEST_BATCH = 32  # tokens, with a piece of a prompt among them; fewer take longer per token
KERNEL_TOKENS = (
    16  # that llama.cpp computes together; what is left over takes much longer per token
)


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What to write: at most `max_tokens` after the tokens of a prompt."""

    id: int
    prompt: Sequence[int]
    max_tokens: int
    temperature: float
    schema: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Answer:
    """An answer that is being written; `reused` tokens of its prompt were in the cache."""

    request: AnswerRequest
    sampler: Sampler
    text: TokenText
    reused: int
    tokens: int = 0


@dataclass(slots=True)
class CachedSequence:
    """One of llama.cpp's sequences: its tokens, of which the first `evaluated` are in the cache.

    After an answer they stay there for a prompt that begins with the same ones.
    """

    number: int
    tokens: list[int] = field(default_factory=list)
    evaluated: int = 0
    answer: Answer | None = None
    used_at: int = 0  # the higher, the later

    @property
    def pending(self) -> int:
        """How many tokens have to be evaluated before the next one can be chosen."""
        return len(self.tokens) - self.evaluated if self.answer else 0

    def common_start(self, prompt: Sequence[int]) -> int:
        """Return how many tokens of a prompt are in the cache; the last one does not count.

        It has to be evaluated, because the first token of the answer is chosen after it.
        """
        pairs = zip(self.tokens[: self.evaluated], prompt[:-1], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


class Batch:
    """The sequences of one model, and the requests that wait for one.

    `add` and `cancel` may be called from any thread; one thread calls `step` or `run`.
    """

    def __init__(self, model: LlamaModel, send: Callable[[dict[str, Any]], None]) -> None:
        """`send` gets the messages about the answers that rag/llm/worker.py lists."""
        self._model = model
        self._send = send
        self._sequences = [CachedSequence(number) for number in range(model.sequences)]
        self._waiting: deque[AnswerRequest] = deque()
        self._cancelled: set[int] = set()
        self._changed = threading.Condition()  # guards the two above
        self._evaluated_ids: list[int] = []  # of the requests in the batch that is evaluated
        self._answers = 0  # so far
        self._prompt_speed = SMALLEST_BATCH / PIECE_SECONDS  # tokens per second, as measured
        model.should_abort = self._has_cancelled_part

    def add(self, request: AnswerRequest) -> None:
        """Have a request answered, as soon as a sequence is free."""
        with self._changed:
            if request.id in self._cancelled:
                self._send_end(request, "cancelled")
                return
            self._waiting.append(request)
            self._changed.notify()

    def cancel(self, request_id: int) -> None:
        """End an answer within a token, even if it comes after this; who waits leaves at once."""
        with self._changed:
            self._cancelled.add(request_id)
            for request in [r for r in self._waiting if r.id == request_id]:
                self._waiting.remove(request)
                self._send_end(request, "cancelled")

    def run(self) -> None:
        """Answer requests forever."""
        while True:
            with self._changed:
                while self.is_idle:
                    self._changed.wait()
            try:
                self.step()
            except Exception as error:  # the parent must learn of any failure
                for sequence in self._running:
                    self._fail(sequence, str(error) or type(error).__name__)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._waiting and not self._running

    def step(self) -> None:
        """Let requests join, evaluate one batch, and send the token that each answer has grown."""
        for sequence in self._running:
            if self._is_cancelled(sequence):
                self._end(sequence, "cancelled")
        self._admit()
        parts = self._plan()
        if not parts or not self._evaluate(parts):
            return
        position = -1
        for sequence, count in parts:
            position += count
            if not sequence.pending:
                self._grow(sequence, position)

    @property
    def _running(self) -> list[CachedSequence]:
        """The sequences with an answer, those that began first in front."""
        running = [sequence for sequence in self._sequences if sequence.answer]
        return sorted(running, key=lambda sequence: sequence.used_at)

    # -- joining and leaving -----------------------------------------------------------------

    def _admit(self) -> None:
        """Give sequences to those who wait, unless the prompt of another one is evaluated.

        So that a prompt finds in the cache what it shares with all earlier ones.
        """
        while len(running := self._running) < len(self._sequences):
            if any(sequence.pending > 1 for sequence in running):
                return
            with self._changed:
                if not self._waiting:
                    return
                request = self._waiting.popleft()
            try:
                self._begin(request)
            except Exception as error:  # the parent must learn of any failure
                self._send({"id": request.id, "error": str(error) or type(error).__name__})

    def _begin(self, request: AnswerRequest) -> None:
        """Give a sequence to a request. Raises ValueError for an unusable schema or no prompt."""
        if not request.prompt:
            raise ValueError("the prompt is empty")
        sampler = self._model.sampler(request.temperature, request.schema)
        sequence = self._sequence_for(request.prompt)
        is_one_line = self._model.is_base and not request.schema
        text = TokenText(self._model, is_one_line=is_one_line)
        sequence.tokens = list(request.prompt)
        sequence.answer = Answer(request, sampler, text, sequence.evaluated)
        self._answers += 1
        sequence.used_at = self._answers

    def _sequence_for(self, prompt: Sequence[int]) -> CachedSequence:
        """Return a free sequence whose cache holds as much as possible of a prompt's start.

        That is the one that holds the most by itself, if this is the best part of what it holds: a
        conversation goes on. Otherwise what was used least recently is given up.
        """
        free = [sequence for sequence in self._sequences if not sequence.answer]
        sources = self._sequences if self._model.can_share else free
        source = max(sources, key=lambda sequence: sequence.common_start(prompt))
        shared = source.common_start(prompt)
        if not source.answer and shared * 2 >= source.evaluated:
            self._cut(source, shared)
            return source
        sequence = min(free, key=lambda sequence: sequence.used_at)
        if sequence is source or not self._model.can_share:
            self._cut(sequence, sequence.common_start(prompt))
            return sequence
        self._cut(sequence, 0)
        if shared:
            self._model.share(source.number, sequence.number, shared)
            sequence.evaluated = shared
        return sequence

    def _end(self, sequence: CachedSequence, reason: str) -> None:
        """Free a sequence, and send why its answer ended."""
        answer = sequence.answer
        assert answer is not None
        if rest := answer.text.rest():
            self._send({"id": answer.request.id, "text": rest})
        self._free(sequence)
        self._send_end(answer.request, reason, reused=answer.reused, tokens=answer.tokens)

    def _send_end(
        self, request: AnswerRequest, reason: str, *, reused: int = 0, tokens: int = 0
    ) -> None:
        self._cancelled.discard(request.id)
        self._send({
            "id": request.id, "done": reason, "prompt": len(request.prompt), "reused": reused,
            "tokens": tokens,
        })  # fmt: skip

    def _free(self, sequence: CachedSequence) -> None:
        assert sequence.answer is not None
        sequence.answer.sampler.close()
        sequence.answer = None
        del sequence.tokens[sequence.evaluated :]

    def _is_cancelled(self, sequence: CachedSequence) -> bool:
        return bool(sequence.answer and sequence.answer.request.id in self._cancelled)

    # -- evaluating --------------------------------------------------------------------------

    def _plan(self) -> list[tuple[CachedSequence, int]]:
        """Return what to evaluate next: sequences, and how many tokens of each."""
        running = self._running
        writing = [sequence for sequence in running if sequence.pending == 1]
        room = self._model.n_batch
        if writing:
            room = min(room, max(SMALLEST_BATCH, int(self._prompt_speed * PIECE_SECONDS)))
            room -= room % KERNEL_TOKENS + len(writing)
        parts = [(sequence, 1) for sequence in writing]
        for sequence in running:
            if room and sequence.pending > 1:
                parts.append((sequence, min(room, sequence.pending)))
                room -= parts[-1][1]
        return parts

    def _evaluate(self, planned: Sequence[tuple[CachedSequence, int]]) -> bool:
        """Evaluate a batch; return False if nothing came of it, because somebody cancelled."""
        self._evaluated_ids = [s.answer.request.id for s, _ in planned if s.answer]
        started = time.perf_counter()
        code = self._model.evaluate([
            Part(s.number, s.evaluated, s.tokens[s.evaluated :][:count], count == s.pending)
            for s, count in planned
        ])  # fmt: skip
        if not code:
            for sequence, count in planned:
                sequence.evaluated += count
            if (size := sum(count for _, count in planned)) >= SMALLEST_BATCH:
                self._prompt_speed = size / max(time.perf_counter() - started, 1e-6)
            return True
        for sequence, _ in planned:
            self._cut(sequence, sequence.evaluated)
            if code != ABORTED:
                self._fail(sequence, f"llama_decode returned {code}")
        return False

    def _grow(self, sequence: CachedSequence, position: int) -> None:
        """Choose the next token of an answer, after the one at this position of the batch."""
        answer = sequence.answer
        assert answer is not None
        if self._is_cancelled(sequence):
            return  # the next step ends it
        token = answer.sampler.choose(position)
        if self._model.is_end(token):
            self._end(sequence, "end")
            return
        answer.tokens += 1
        if text := answer.text.add(token):
            self._send({"id": answer.request.id, "text": text})
        if answer.tokens == answer.request.max_tokens:
            self._end(sequence, "length")
        elif answer.text.has_ended:
            self._end(sequence, "end")
        else:
            sequence.tokens.append(token)

    def _cut(self, sequence: CachedSequence, length: int) -> None:
        sequence.evaluated = self._model.cut(sequence.number, length)

    def _fail(self, sequence: CachedSequence, error: str) -> None:
        answer = sequence.answer
        assert answer is not None
        self._cut(sequence, 0)
        self._free(sequence)
        self._cancelled.discard(answer.request.id)
        self._send({"id": answer.request.id, "error": error})

    def _has_cancelled_part(self) -> bool:
        return not self._cancelled.isdisjoint(self._evaluated_ids)
