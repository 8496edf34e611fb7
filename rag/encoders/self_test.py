"""Which number type, and how many threads, encode fastest on this machine: measured once.

What is known of a processor does not tell: of those that compute bfloat16 natively, some are faster
in it than in float32, and others take half as much time again (docs/evaluation.md, Encoding).
"""

import logging
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from rag.cpu import openmp_threads
from rag.encoders.embedder import (
    SentenceTransformerEmbeddings,
    Vectors,
    machine,
    native_dtypes,
)

log = logging.getLogger(__name__)

# Abstracts that are encoded each time: one per thread, within these bounds. A usual batch has 16.
SAMPLE = (4, 16)
ROUNDS = 5  # at most; two are enough if the same candidate wins both clearly,
SECONDS = 1.0  # or if they take longer than this
EQUAL = 1.05  # a candidate that takes no more than this times the shortest time is as fast
# Cosine of two vectors of one text, below which an index must not mix them. Neighbours in a ranking
# differ by more (docs/evaluation.md, Encoding).
AGREE = 0.999
COMPANY = 0.1  # share of the time that threads waited for a core which others used

Name = TypeVar("Name", str, int)


class Choice(BaseModel):
    """What a self-test chose for one model, and on which machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    machine: str
    dtype: Literal["float32", "bfloat16"]
    threads: int = Field(ge=1)
    abstracts_per_second: float = Field(gt=0)
    tested_on: date
    in_company: bool  # other programs used the cores, so that another day may tell otherwise

    def __str__(self) -> str:
        company = " while other programs ran" if self.in_company else ""
        rate = self.abstracts_per_second
        speed = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
        return f"{speed} abstracts/s by a self-test on {self.tested_on}{company}"

    def is_settled(self, today: date) -> bool:
        """Return whether the test need not be repeated: it was undisturbed, or is of today."""
        return not self.in_company or self.tested_on == today


def run_self_test(
    load: Callable[[str], SentenceTransformerEmbeddings], texts: Sequence[str], *, today: date
) -> Choice:
    """Return what encodes the texts, of which there is one at least, fastest: about two seconds.

    `load` loads the model in a number type. The types are compared by the processor time of one
    thread, which does not depend on what else runs; the numbers of threads by the clock. Types
    whose vectors do not agree with float32's are left out.
    """
    most = openmp_threads()
    sample = [texts[n % len(texts)] for n in range(min(max(most, SAMPLE[0]), SAMPLE[1]))]
    loaded = {dtype: load(dtype) for dtype in native_dtypes()}
    for embeddings in loaded.values():
        embeddings.threads = 1
    few = sample[: SAMPLE[0]]
    vectors = {dtype: embeddings.encode(few) for dtype, embeddings in loaded.items()}
    by_dtype = _race(
        {
            dtype: _timed(embeddings, few[::2], threads=1, clock=time.thread_time)
            for dtype, embeddings in loaded.items()
            if agree(vectors[dtype], vectors["float32"])
        }
    )
    dtype = _first_of_the_fastest(by_dtype)
    chosen = loaded[dtype]
    waited, started = _waited(), time.perf_counter()
    by_threads = _race(
        {
            n: _timed(chosen, sample, threads=n, clock=time.perf_counter)
            for n in sorted({max(1, most >> halvings) for halvings in range(4)})
        }
    )
    threads = _first_of_the_fastest(by_threads)
    choice = Choice(
        machine=machine(),
        dtype=dtype,
        threads=threads,
        abstracts_per_second=len(sample) / by_threads[threads],
        tested_on=today,
        in_company=_waited() - waited > COMPANY * (time.perf_counter() - started),
    )
    log.info("encoding in %s by %s threads: %s", dtype, threads, choice)
    return choice


def agree(vectors: Vectors, others: Vectors) -> bool:
    """Return whether two arrays of unit vectors, shape (texts, dimensions), may be mixed."""
    if vectors.shape != others.shape:
        return False
    cosines = np.einsum("ij,ij->i", vectors, others)
    return bool((cosines >= AGREE).all())  # not, if there is a NaN


def _timed(
    embeddings: SentenceTransformerEmbeddings,
    texts: list[str],
    *,
    threads: int,
    clock: Callable[[], float],
) -> Callable[[], float]:
    """Return a function that encodes the texts and returns the seconds."""

    def run() -> float:
        embeddings.threads = threads
        started = clock()
        embeddings.encode(texts)
        return max(clock() - started, 1e-6)

    return run


def _race(candidates: Mapping[Name, Callable[[], float]]) -> dict[Name, float]:
    """Return each candidate's median of seconds; they take turns, so that all share bad moments."""
    seconds: dict[Name, list[float]] = {name: [] for name in candidates}
    started = time.perf_counter()
    for number in range(ROUNDS):
        for name, run in candidates.items():
            seconds[name].append(run())
        fastest = min(seconds.values(), key=statistics.median)
        others = [times for times in seconds.values() if times is not fastest]
        is_clear = all(max(fastest) * EQUAL < min(times) for times in others)
        if number and (is_clear or time.perf_counter() - started > SECONDS):
            break
    return {name: statistics.median(times) for name, times in seconds.items()}


def _first_of_the_fastest(seconds: Mapping[Name, float]) -> Name:
    """Return the first candidate that is as fast as the fastest: the plainest comes first."""
    limit = min(seconds.values()) * EQUAL
    return next(name for name, taken in seconds.items() if taken <= limit)


def _waited() -> float:
    """Return for how many seconds this process's threads were ready but had no core (Linux)."""
    total = 0
    for path in Path("/proc/self/task").glob("*/schedstat"):
        try:
            total += int(path.read_text("ascii").split()[1])
        except (OSError, ValueError, IndexError):  # a thread that has just ended
            continue
    return total / 1e9
