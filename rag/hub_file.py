"""A file on the Hugging Face Hub, and how people name one."""

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
