"""The models that Paperboy recommends, and the memory they need: `paperboy model list`."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.errors import ModelFileError

FILE_URL = re.compile(
    r"https://(?:huggingface\.co|hf\.co)/([^/]+/[^/]+)/(?:blob|resolve)/([^/]+)/([^?#]+)(?:\?.*)?"
)
SPLIT_FILE = re.compile(r"-\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in a repository on the hub; `revision` is a branch, a tag or a commit."""

    repo: str
    file: str
    revision: str = "main"

    @property
    def name(self) -> str:
        """The file name without folders, which is also its name in the models folder."""
        return PurePosixPath(self.file).name

    def __str__(self) -> str:
        return f"hf:{self.repo}/{self.file}"


def parse_source(text: str) -> HubFile | None:
    """Read `hf:OWNER/NAME/FILE.gguf` or the URL of a file's page; return None for anything else.

    Raises ModelFileError for other URLs, and for files that are not one complete GGUF file.
    """
    if match := FILE_URL.fullmatch(text):
        source = HubFile(match[1], match[3], match[2])
    elif text.startswith("hf:"):
        owner, _, rest = text.removeprefix("hf:").partition("/")
        name, _, file = rest.partition("/")
        source = HubFile(f"{owner}/{name}", file)
    elif text.startswith(("https:", "http:")):
        raise ModelFileError(
            f"{text} is not a file on Hugging Face: fetch it yourself and name the path, or write "
            "hf:OWNER/NAME/FILE.gguf."
        )
    else:
        return None
    if not source.name.endswith(".gguf"):
        raise ModelFileError(
            f"{text} is not the name of a GGUF file: write hf:OWNER/NAME/FILE.gguf, with a "
            "file listed under Files on the model's page."
        )
    if SPLIT_FILE.search(source.name):
        raise ModelFileError(
            f"{source.name} is one part of a model that was split: choose a file in one piece."
        )
    return source


# Memory for the rest of Paperboy and of the machine, beside the model.
RESERVED_BYTES = 2_500_000_000


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A chat model in one GGUF file.

    `memory` is the least that the model process needs at the default context of 4,096 tokens: the
    weights, the key-value cache and llama.cpp's buffers. The system may report twice that while the
    file's pages are cached; it frees those when needed. `answer_rate` is a range of tokens per
    second on two cores, extrapolated from random weights of 1.3 and 4 billion (docs/operations.md).
    """

    name: str
    source: HubFile
    size: int  # bytes
    memory: int  # bytes
    licence: str
    answer_rate: str
    remark: str


KNOWN_MODELS = (
    KnownModel(
        "granite-2b",
        HubFile("ibm-granite/granite-3.3-2b-instruct-GGUF", "granite-3.3-2b-instruct-Q4_K_M.gguf"),
        1_545_000_000, 2_300_000_000, "Apache-2.0", "5 to 7",
        "for small machines",
    ),
    KnownModel(
        "qwen3-4b",
        HubFile("unsloth/Qwen3-4B-Instruct-2507-GGUF", "Qwen3-4B-Instruct-2507-Q4_K_M.gguf"),
        2_500_000_000, 3_500_000_000, "Apache-2.0", "3 to 4",
        "invents little for its size; the default",
    ),
    KnownModel(
        "granite-8b",
        HubFile("ibm-granite/granite-3.3-8b-instruct-GGUF", "granite-3.3-8b-instruct-Q4_K_M.gguf"),
        4_940_000_000, 6_000_000_000, "Apache-2.0", "1 to 2",
        "wants more than two cores",
    ),
    KnownModel(
        "qwen3-30b",
        HubFile("unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF",
                "Qwen3-30B-A3B-Instruct-2507-Q4_K_M.gguf"),
        18_560_000_000, 19_500_000_000, "Apache-2.0", "3 to 4",
        "uses a tenth of its weights for each token",
    ),
)  # fmt: skip
DEFAULT_MODEL = KNOWN_MODELS[1]


def find_known_model(text: str) -> KnownModel | None:
    """Return the recommended model of that name or file name; None if there is none."""
    name = text.casefold().removesuffix(".gguf")
    for model in KNOWN_MODELS:
        if name in (model.name, model.source.name.casefold().removesuffix(".gguf")):
            return model
    return None


def suggest_model(memory: int | None) -> KnownModel:
    """Return the model for a machine or container with this much memory (bytes; None: unknown).

    Never the largest one: it is not so much better that it is worth 18 GB of disk by default.
    """
    if memory is None or memory >= DEFAULT_MODEL.memory + RESERVED_BYTES:
        return DEFAULT_MODEL
    return KNOWN_MODELS[0]


def fits_memory(model: KnownModel, memory: int | None) -> bool:
    """Return whether the model and the rest of Paperboy fit into this much memory."""
    return memory is None or model.memory + RESERVED_BYTES <= memory
