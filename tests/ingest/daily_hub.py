"""A fake of Hugging Face's lists of daily papers, with ETags."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.ingest.hub import Answer, as_json

Item = dict[str, object]


def item(number: int, **changes: object) -> Item:
    """Return one paper as the API lists it."""
    paper = {
        "id": f"2512.{number or 77_777:05d}",  # arXiv counts from 1
        "title": f"Paper {number}",
        "summary": f"The abstract of paper {number}.",
        "authors": [{"name": "A. One", "hidden": False}],
        "publishedAt": "2025-12-01T10:00:00.000Z",
        "upvotes": number,
    }
    return {"paper": paper | changes, "numComments": 2}


@dataclass
class Days:
    """The lists of days and months; `faults` are answered first, one per request."""

    lists: dict[str, list[Item]] = field(default_factory=dict)
    found: list[Item] = field(default_factory=list)  # the results of any search
    faults: list[Answer | Callable[[str, dict[str, str]], Answer | None]] = field(
        default_factory=list
    )
    sent: list[str] = field(default_factory=list)  # days whose list was sent, not just a 304

    def put(self, day: date, items: Sequence[Item]) -> None:
        self.lists[day.isoformat()] = list(items)

    def __call__(self, path: str, params: dict[str, str]) -> Answer:
        if self.faults:
            fault = self.faults.pop(0)
            answer = fault(path, params) if callable(fault) else fault
            if answer is not None:
                return answer
        if path == "/api/papers/search":
            return as_json(self.found)
        day, page = params.get("date") or params["month"], int(params["p"])
        items = self.lists.get(day, [])[page * 100 : (page + 1) * 100]
        tag = f'W/"{hashlib.sha256(json.dumps(items).encode()).hexdigest()[:12]}"'
        if params.get("If-None-Match") == tag:
            return 304, {"ETag": tag}, b""
        self.sent.append(day)
        return as_json(items, ETag=tag)
