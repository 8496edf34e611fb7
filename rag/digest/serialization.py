"""A digest as JSON, so that a retry sends the same papers as the first attempt."""

import json
from dataclasses import fields
from datetime import date
from typing import Any

from rag.digest.records import Digest, Entry, Group
from rag.store.catalog import Catalog

PAPER = "paper"


def digest_to_json(digest: Digest) -> str:
    """Return the digest as JSON, with the papers' ids in place of the papers."""
    values = {field.name: getattr(digest, field.name) for field in fields(digest)}
    values["groups"] = [
        {"name": group.name, "entries": [_entry_values(entry) for entry in group.entries]}
        for group in digest.groups
    ]
    return json.dumps(values, default=date.isoformat, ensure_ascii=False)


def _entry_values(entry: Entry) -> dict[str, Any]:
    values = {field.name: getattr(entry, field.name) for field in fields(entry)}
    return values | {PAPER: entry.paper.paper_id}


def digest_from_json(text: str, catalog: Catalog) -> Digest:
    """Return the digest with the papers as they are stored now; omit papers that were deleted."""
    values = json.loads(text)
    ids = [entry[PAPER] for group in values["groups"] for entry in group["entries"]]
    papers = catalog.get(ids)
    groups = tuple(
        Group(
            group["name"],
            tuple(
                Entry(**entry | {PAPER: papers[entry[PAPER]]})
                for entry in group["entries"]
                if entry[PAPER] in papers
            ),
        )
        for group in values["groups"]
    )
    days = {name: date.fromisoformat(values[name]) for name in ("first", "last")}
    return Digest(**values | days | {"groups": groups})
