"""Count how many abstracts fill each cell of a comparison.

python -m tests.benchmarks.comparison FILE
"""

import json
import sys
from collections import Counter
from pathlib import Path

from rag.answering.comparison import compare
from rag.records import Paper


def main(path: Path) -> None:
    filled: Counter[str] = Counter()
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        record = json.loads(line)
        abstract = " ".join(record["abstract"].split())
        rows = compare([Paper(title=record["title"], abstract=abstract)]).rows
        filled.update(aspect for aspect, (quote,) in rows if quote)
    for aspect, count in filled.items():
        print(f"{aspect:18} {count / len(lines):6.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
