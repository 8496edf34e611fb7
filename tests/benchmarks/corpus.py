"""The papers that the benchmarks use."""

import os
from pathlib import Path

DATA_VARIABLE = "PAPERBOY_TEST_DATA"


def daily_papers() -> Path:
    """Return the file of real Daily Papers: $PAPERBOY_TEST_DATA/hf_daily.jsonl.

    Without the variable, use the folder `shared/data` beside the checkout.
    """
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get(DATA_VARIABLE) or default) / "hf_daily.jsonl"
    if not path.is_file():
        raise SystemExit(
            f"{path} is missing: set {DATA_VARIABLE} to a folder with hf_daily.jsonl, JSON lines "
            "with arxiv_id, title and abstract."
        )
    return path
