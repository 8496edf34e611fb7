"""A digest as JSON, so that a retry sends what the first try began to send."""

import json
from dataclasses import fields
from datetime import date
from typing import Any

from bot.digest.records import Digest, Entry, Group
from rag.store.catalog import Catalog

PAPER = "paper"


def freeze(digest: Digest) -> str:
    """Return the digest with the papers' ids in place of the papers."""
    values = {one.name: getattr(digest, one.name) for one in fields(digest)}
    values["groups"] = [
        {"name": group.name, "entries": [_entry(entry) for entry in group.entries]}
        for group in digest.groups
    ]
    return json.dumps(values, default=date.isoformat, ensure_ascii=False)


def _entry(entry: Entry) -> dict[str, Any]:
    values = {one.name: getattr(entry, one.name) for one in fields(entry)}
    return values | {PAPER: entry.paper.paper_id}


def thaw(text: str, catalog: Catalog) -> Digest:
    """Return the digest with the papers as they are now; one that is known no more is left out."""
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
