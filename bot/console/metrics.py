"""Measures for rankings and answers: pure functions of a result and the expected result."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlparse

from bot.json_rows import Row
from rag.text.clean import clean

LINK_HOSTS = frozenset({"huggingface.co", "arxiv.org"})
JUDGED_WORDS = 150  # of an answer; later words do not count
AT = 10  # ranks that count


def ndcg(ranking: Sequence[str], gains: Mapping[str, int], *, at: int = AT) -> float:
    """Return the normalised discounted cumulative gain of a ranking, 0 to 1.

    `gains` maps each relevant id to its grade.
    """
    best = sorted(gains.values(), reverse=True)[:at]
    ideal = sum(gain / math.log2(n + 2) for n, gain in enumerate(best))
    found = sum(gains.get(id_, 0) / math.log2(n + 2) for n, id_ in enumerate(ranking[:at]))
    return found / ideal if ideal else 0.0


def recall(ranking: Sequence[str], gains: Mapping[str, int], *, at: int = AT) -> float:
    """Return the share of the relevant ids that are ranked within the first `at`."""
    relevant = {id_ for id_, gain in gains.items() if gain > 0}
    return len(relevant & set(ranking[:at])) / len(relevant) if relevant else 0.0


def known_item(item: Mapping[str, Any], row: Row) -> dict[str, float]:
    """Judge the answer to a question that one paper answers (`gold_arxiv_id`)."""
    ids = [hit["paper_id"].removeprefix("arxiv:") for hit in row["retrieved"]][:AT]
    rank = ids.index(item["gold_arxiv_id"]) if item["gold_arxiv_id"] in ids else None
    return {
        "hit@1": float(rank == 0),
        "mrr@10": 0.0 if rank is None else 1 / (rank + 1),
        "recall@10": float(rank is not None),
        "gold cited": float(_folded(item["gold_title"]) in _cited(row)),
    }


def answered(item: Mapping[str, Any], row: Row) -> dict[str, float]:
    """Judge an answer: it should cite `gold_titles` and contain every entry of `must_contain`.

    An entry that is a list holds alternatives. Words of cited titles count too.
    """
    if item.get("kind") == "unanswerable":
        return {"refused": float(row["refused"])}
    gold = {_folded(title) for title in item["gold_titles"]}
    allowed = gold | {_folded(title) for title in item.get("also_ok_titles") or []}
    cited = _cited(row)
    words = row["answer"].split()
    titles = " ".join(source["title"] for source in row["sources"])
    text = _folded(f"{' '.join(words[:JUDGED_WORDS])} {titles}")
    is_complete = all(
        any(
            _folded(entry) in text
            for entry in (entries if isinstance(entries, list) else [entries])
        )
        for entries in item["must_contain"]
    )
    judged = {
        "not refused": float(not row["refused"]),
        "answer right": float(is_complete and not row["refused"]),
        "gold cited": len(cited & gold) / len(gold),
        "words": float(len(words)),
    }
    if cited:
        judged["citations right"] = len(cited & allowed) / len(cited)
    return judged


def links_allowed(row: Row) -> list[float]:
    """Return 1.0 for each source whose link is on an allowed host, else 0.0."""
    return [float(urlparse(source["url"]).hostname in LINK_HOSTS) for source in row["sources"]]


def _cited(row: Row) -> set[str]:
    return {_folded(source["title"]) for source in row["sources"]}


def _folded(text: str) -> str:
    return clean(text).casefold()  # as answers have it
