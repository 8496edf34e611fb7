"""Find the sentence of an abstract most similar to Hugging Face's summary: `python -m … FILE`.

FILE has one JSON line per paper, with title, abstract and ai_summary. The figure is the mean cosine
of the chosen sentence and the summary, by the bundled encoder, over papers drawn at random.
"""

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

from rag.config import RagConfig
from rag.encoders.embedder import load_embedder
from rag.text.sentences import gist, split_sentences

PAPERS = 500
SEED = 1


def main() -> None:
    """Print the figure of three ways to choose a sentence."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    summarised = [row for row in map(json.loads, lines) if row.get("ai_summary")]
    rows = random.Random(SEED).sample(summarised, min(PAPERS, len(summarised)))
    embedder = load_embedder(RagConfig().embedder)
    summaries = embedder.encode([row["ai_summary"] for row in rows])

    def central(abstract: str) -> str:
        sentences = split_sentences(abstract)
        cosines = embedder.encode(sentences) @ embedder.encode([abstract])[0]
        return sentences[int(cosines.argmax())]

    ways: dict[str, Callable[[str], str]] = {
        "first": lambda abstract: split_sentences(abstract)[0],
        "nearest to the whole": central,
        "gist": gist,
    }
    for name, choose in ways.items():
        chosen = embedder.encode([choose(" ".join(row["abstract"].split())) for row in rows])
        print(f"{name}: {(chosen * summaries).sum(axis=1).mean():.3f}")


if __name__ == "__main__":
    main()
