"""The models that Paperboy recommends, by the memory they need: `paperboy model list`."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.errors import ModelFileError

ADDRESS = re.compile(
    r"https://(?:huggingface\.co|hf\.co)/([^/]+/[^/]+)/(?:blob|resolve)/([^/]+)/([^?#]+)(?:\?.*)?"
)
ONE_OF_SEVERAL = re.compile(r"-\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository; `revision` is a branch, a tag or a commit."""

    repo: str
    file: str
    revision: str = "main"

    @property
    def name(self) -> str:
        """The file's own name, which it keeps here."""
        return PurePosixPath(self.file).name

    def __str__(self) -> str:
        return f"hf:{self.repo}/{self.file}"


def parse_source(text: str) -> HubFile | None:
    """Read `hf:OWNER/NAME/FILE.gguf`, or the address of the file's page; None for anything else.

    Raises ModelFileError where it is one of these, but not of one whole GGUF file.
    """
    if match := ADDRESS.fullmatch(text):
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
            f"{text} names no GGUF file: write hf:OWNER/NAME/FILE.gguf, with a file that stands "
            "under Files on the model's page."
        )
    if ONE_OF_SEVERAL.search(source.name):
        raise ModelFileError(
            f"{source.name} is one part of a model that was split: choose a file in one piece."
        )
    return source


# What the rest of Paperboy, and of the machine, wants beside the model.
OTHERS_BYTES = 2_500_000_000


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A chat model in one GGUF file.

    `memory` is what the model process cannot do without at the default context of 4,096 tokens:
    the weights, the key-value cache and llama.cpp's buffers. It may show twice that while the
    file's own pages are in memory too, which the system takes back when it needs them. `writes` is
    tokens a second on two cores, in proportion to random weights of 1.3 and 4 billion
    (docs/operations.md).
    """

    name: str
    source: HubFile
    size: int  # bytes
    memory: int  # bytes
    licence: str
    writes: str
    remark: str


KNOWN = (
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
DEFAULT = KNOWN[1]


def known(text: str) -> KnownModel | None:
    """Return the recommended model of that name or file name; None where there is none."""
    wanted = text.casefold().removesuffix(".gguf")
    for model in KNOWN:
        if wanted in (model.name, model.source.name.casefold().removesuffix(".gguf")):
            return model
    return None


def suggested(memory: int | None) -> KnownModel:
    """Return the model for a machine, or a container, with so much memory in bytes.

    Never the largest: what it writes better is not worth 18 GB of somebody's disk unasked.
    """
    if memory is None or memory >= DEFAULT.memory + OTHERS_BYTES:
        return DEFAULT
    return KNOWN[0]


def fits(model: KnownModel, memory: int | None) -> bool:
    """Return whether the model and the rest of Paperboy have room."""
    return memory is None or model.memory + OTHERS_BYTES <= memory
