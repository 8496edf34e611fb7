"""The settings of rag/ with their defaults. A test checks that config.toml repeats them."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

PROMPT_TOKENS = 200  # of the context that a prompt needs at least


def answer_tokens(max_tokens: int, n_ctx: int) -> int:
    """Return how many tokens an answer may have; half of a context that is too small for it."""
    return max_tokens if max_tokens <= n_ctx - PROMPT_TOKENS else n_ctx // 2


class Section(BaseModel):
    """A part of config.toml: read-only; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def checked_url(url: str, example: str, *, secret: str) -> str:
    """Return an address without a slash at its end; "" stays. Raises ValueError.

    `secret` is the variable for what is no part of an address.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and not parts.query
        fits = fits and parts.port != 0  # a port that is no number raises ValueError
    except ValueError:
        fits = False
    if url and not fits:
        raise ValueError(f"not an address; write one like {example}")
    if url and "@" in parts.netloc:
        raise ValueError(f"a password does not belong here; put it in ${secret}")
    return url.rstrip("/")


class EmbedderConfig(Section):
    """`[rag.embedder]`: the model that turns text into vectors."""

    model: str = Field("bundled", min_length=1)
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_tokens: int = Field(4096, ge=256, le=1_000_000)
    threads: int = Field(0, ge=0, le=256)


class RetrievalConfig(Section):
    """`[rag.retrieval]`: how papers are found."""

    top_k: int = Field(10, ge=1, le=100)
    n_candidates: int = Field(50, ge=10, le=1000)
    dense_weight: float = Field(0.8, ge=0, le=1)
    words_weight: float = Field(0.5, ge=0, le=2)
    reranker: str = ""
    rerank_top: int = Field(20, ge=2, le=200)
    rerank_weight: float = Field(0.5, ge=0, le=1)


class VectorsConfig(Section):
    """`[rag.vectors]`: the Chroma server that has the vectors; without one, a folder has them."""

    url: str = ""
    ca_file: str = ""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return checked_url(url, "http://127.0.0.1:8000", secret="PAPERBOY_CHROMA_TOKEN")


class EvidenceConfig(Section):
    """`[rag.evidence]`: which sentences are quoted, and when a question is refused."""

    papers: int = Field(6, ge=1, le=50)
    max_sentences: int = Field(3, ge=1, le=10)
    max_words: int = Field(110, ge=20, le=500)
    same_share: float = Field(0.5, ge=0, le=1)
    more_share: float = Field(0.87, ge=0, le=1)
    max_papers: int = Field(8, ge=1, le=20)
    list_share: float = Field(0.62, ge=0, le=1)
    second_share: float = Field(0.9, ge=0, le=1)
    refuse_below: float = Field(0.2, ge=0, le=1)


class ModelConfig(Section):
    """`[rag.model]`: the language model that writes answers.

    Named by one of path, server_url and provider; without any of them answers are quotes.
    """

    path: str = ""
    server_url: str = ""
    server_model: str = ""
    server_first_seconds: float = Field(120, ge=1, le=3600)
    server_next_seconds: float = Field(30, ge=1, le=3600)
    provider: str = ""
    n_ctx: int = Field(4096, ge=512, le=1_000_000)
    max_tokens: int = Field(300, ge=16, le=4096)
    temperature: float = Field(0.0, ge=0, le=2)
    threads: int = Field(0, ge=0, le=256)
    gpu_layers: int = Field(-1, ge=-1, le=10_000)
    sequences: int = Field(1, ge=1, le=4)
    answer_seconds: float = Field(300, ge=1, le=86_400)
    waiting: int = Field(8, ge=0, le=1000)
    read_below: float = Field(0.6, ge=0, le=1)
    read_seconds: float = Field(4, ge=0.1, le=60)
    translate_seconds: float = Field(15, ge=0.1, le=60)

    @property
    def is_external(self) -> bool:
        """Whether another program writes the answers, not a llama.cpp process of Paperboy."""
        return bool(self.server_url or self.provider)

    @property
    def is_set(self) -> bool:
        """Whether a model is configured."""
        return self.is_external or bool(self.path)

    @property
    def name(self) -> str:
        """The model's name for people; "" if there is no model."""
        if self.server_url:
            return self.server_model or "a model server"
        return self.provider or Path(self.path).stem

    @field_validator("path")
    @classmethod
    def _is_expanded(cls, path: str) -> str:
        try:
            if "\0" not in path:
                return str(Path(path).expanduser()) if path else ""
        except RuntimeError:  # the home of somebody whom this machine does not know
            pass
        raise ValueError(f"{path!r} is not a path; write one like ~/models/mine.gguf")

    @field_validator("server_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return checked_url(url, "http://127.0.0.1:8080/v1", secret="PAPERBOY_SERVER_KEY")

    @model_validator(mode="after")
    def _leaves_room_for_the_prompt(self) -> Self:
        if self.max_tokens > self.n_ctx - PROMPT_TOKENS:
            raise ValueError(
                f"max_tokens ({self.max_tokens}) leaves no room in n_ctx ({self.n_ctx}) for the "
                f"question and its papers: lower it to {self.n_ctx - PROMPT_TOKENS} or less"
            )
        return self

    @field_validator("server_url", "provider")
    @classmethod
    def _is_the_only_model(cls, value: str, info: ValidationInfo) -> str:
        set_too = [key for key in ("path", "server_url") if value and info.data.get(key)]
        if set_too:
            raise ValueError(f"{set_too[0]} is set too; keep one of path, server_url and provider")
        return value


class CheckConfig(Section):
    """`[rag.check]`: what happens to written sentences that their papers do not support."""

    failed: Literal["remove", "mark", "keep"] = "remove"
    similarity: float = Field(0.5, ge=0, le=1)
    judge: str = ""
    judge_bound: float = Field(0.5, ge=0, le=1)


class RagConfig(Section):
    """`[rag]`."""

    embedder: EmbedderConfig = EmbedderConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    vectors: VectorsConfig = VectorsConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    model: ModelConfig = ModelConfig()
    check: CheckConfig = CheckConfig()
