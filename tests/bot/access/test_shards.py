"""Which process looks after which server."""

from pathlib import Path

import pytest

from bot.access.shards import ALL_SHARDS, Shards
from rag.errors import IndexInUseError

GUILDS = [n << 22 for n in range(6)]


def test_each_server_is_in_one_shard() -> None:
    halves = [Shards(2, (0,)), Shards(2, (1,))]
    for guild in GUILDS:
        assert sum(shards.has(guild) for shards in halves) == 1
    assert [shards.has(None) for shards in halves] == [True, False]  # direct messages
    assert all(shards.has(g) for g in GUILDS for shards in (ALL_SHARDS, Shards(4), Shards(None)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Shards(), Shards()),
        (Shards(), Shards(2, (1,))),
        (Shards(2, (1,)), Shards(None)),
        (Shards(3, (0, 1)), Shards(3, (1, 2))),
        (Shards(2, (0,)), Shards(3, (1,))),
    ],
)
def test_no_two_processes_look_after_one_server(
    tmp_path: Path, first: Shards, second: Shards
) -> None:
    with first.claimed(tmp_path):
        with pytest.raises(IndexInUseError, match="another process answers for"):
            second.claimed(tmp_path).__enter__()
        with pytest.raises(IndexInUseError):
            first.claimed(tmp_path).__enter__()
    with second.claimed(tmp_path):
        pass


def test_different_shards_are_for_different_processes(tmp_path: Path) -> None:
    with Shards(3, (0, 2)).claimed(tmp_path), Shards(3, (1,)).claimed(tmp_path):
        pass
