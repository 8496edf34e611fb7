"""Measure whether people's papers are found by their names, however these are typed.

    python -m tests.benchmarks.people DATA [--names 2000] [--seed 1] [--show]

DATA is a folder of Daily Papers as Hugging Face's API returns them (one .json per day), or a file
that `paperboy ingest` takes. The papers are stored, not encoded. Of the authors some are drawn; for
each one, written in three ways, a request must find all papers that list that very name. Further
wordings are tried with every tenth name. `--show` prints what is missed.
"""

import argparse
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingest.sources.files import FileSource
from rag.answering.paper_filters import papers_that_fit
from rag.config import RagConfig
from rag.library import Library
from rag.query.understand import QueryUnderstanding
from rag.records import Paper
from rag.text.words import fold

TODAY = date(2026, 11, 1)
Spelling = Callable[[str], str]


def turned(name: str) -> str:
    """Return "Berg, Jan van den"."""
    *given, family = name.split()
    return f"{family}, {' '.join(given)}" if given else name


def without_accents(name: str) -> str:
    return re.sub(r"\b\w", lambda match: match[0].upper(), fold(name))


SPELLINGS: dict[str, tuple[str, Spelling]] = {
    "as written": ("papers by {}", str),
    "lower case": ("papers by {}", str.lower),
    "without accents": ("papers by {}", without_accents),
    "family name first": ("papers by {}", turned),
    "which did … write": ("Which papers did {} write?", str),
    "what has … published": ("what has {} published lately?", str),
    "…'s papers": ("{}'s papers", str),
    "anything from …": ("anything from {}?", str),
    "new papers by … and days": ("new papers by {} since March 2024", str.lower),
    "in German": ("Arbeiten von {}", str),
    "in French": ("les articles de {} ?", str),
    "in Spanish": ("artículos de {}", str),
}
ALL = ("as written", "lower case", "without accents")  # the others with every tenth name


def papers_in(source: Path) -> Iterator[Paper]:
    """Yield the papers of a file, or of all files in a folder."""
    files = sorted(source.glob("*.json")) if source.is_dir() else [source]
    for file in files:
        for record in FileSource(file, today=TODAY).records():
            if isinstance(record, Paper):
                yield record


def measure(library: Library, *, count: int, seed: int, show: bool) -> None:
    """Print the share of names whose papers are found, by spelling."""
    catalog = library.catalog
    papers_of: dict[str, set[str]] = defaultdict(set)
    for paper in catalog.papers():
        for name in paper.authors:
            papers_of[name].add(paper.paper_id)
    names = random.Random(seed).sample(sorted(papers_of), min(count, len(papers_of)))
    print(f"{len(names):,} of {len(papers_of):,} names")
    query = QueryUnderstanding(
        catalog,
        library.retriever.keywords,
        library.word_vectors,
        library.bundled_embedder.encode_question,
    )
    for label, (wording, spelled) in SPELLINGS.items():
        missed, tried = [], names if label in ALL else names[::10]
        for name in tried:
            question = wording.format(spelled(name))
            request = query.understand(question, TODAY)
            found = papers_that_fit(catalog, replace(request, window=None)) or []
            if not papers_of[name] <= {paper.paper_id for paper in found}:
                missed.append(f"{question} → {request.author or request.understood()}")
        print(f"{label:26} {1 - len(missed) / len(tried):.4f}")
        for line in missed if show else ():
            print("   ", line)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), RagConfig())
        with closing(library):
            library.catalog.upsert(list(papers_in(options.data)))
            measure(library, count=options.names, seed=options.seed, show=options.show)


if __name__ == "__main__":
    main()
