"""Where a paper's code is: its record tells, or its abstract does."""

import re
from functools import lru_cache

from rag.records import Paper

# A repository, not the page of a user or of the host: "https://github.com/name/repository".
_REPOSITORY = re.compile(
    r"(?:https?://)?(?<![\w.-])(?:www\.)?"
    r"(?P<path>(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)/[\w.-]+/[\w.-]*\w)",
    re.IGNORECASE,
)


def code_of(paper: Paper) -> str:
    """Return the address of a paper's code; "" if none is known.

    The record's own comes first, then the first repository that the abstract names.
    """
    return paper.code_url or code_in(paper.abstract)


@lru_cache(maxsize=16_384)
def code_in(abstract: str) -> str:
    """Return the address of the first repository that an abstract names; "" if it names none."""
    found = _REPOSITORY.search(abstract)
    return f"https://{found['path']}" if found else ""
