"""Discord's shards: which servers one process looks after, where several share a data folder.

A server belongs to one shard, and a shard to one process. So whatever is done for a server
(answers, digests, alerts, the recovery after a restart) is done by one process, and nothing has to
be agreed upon between them.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from bot.config import BotConfig
from rag.errors import IndexInUseError
from rag.store.private_files import PRIVATE_FILE

CLAIM_SECONDS = 10.0  # for another process that is claiming its own
TIMESTAMP_BITS = 22  # of a Discord id that do not count for its shard


@dataclass(frozen=True, slots=True)
class Shards:
    """The shards of one process: those with these ids, of `count`; without ids, all.

    A `count` of None is what Discord recommends.
    """

    count: int | None = 1
    ids: tuple[int, ...] = ()

    def has(self, guild_id: int | None) -> bool:
        """Return whether a server is in one of them; None: direct messages, which shard 0 gets."""
        if not self.ids or self.count is None:
            return True
        return ((guild_id or 0) >> TIMESTAMP_BITS) % self.count in self.ids

    def __str__(self) -> str:
        if not self.ids:
            return "all shards"
        named = ", ".join(map(str, self.ids))
        return f"shard{'s' if len(self.ids) > 1 else ''} {named} of {self.count}"

    @contextmanager
    def claimed(self, folder: Path) -> Iterator[None]:
        """Hold these shards of a data folder. Raises IndexInUseError if another process has any.

        Otherwise every question would be answered twice.
        """
        own = [f"shard-{n}-of-{self.count}.lock" for n in self.ids] or ["shard-all.lock"]
        with ExitStack() as held:
            try:
                with _lock(folder / "shards.lock", wait=CLAIM_SECONDS):
                    for path in folder.glob("shard-*.lock"):
                        if self._overlaps(path.name):
                            with _lock(path):
                                pass
                    for name in own:
                        held.enter_context(_lock(folder / name))
            except Timeout as error:
                raise IndexInUseError(
                    f"another process answers for {self} or some of them in {folder}: stop it, or "
                    "give each process other ids in [bot] shard_ids, and all the same [bot] shards."
                ) from error
            yield

    def _overlaps(self, name: str) -> bool:
        """Return whether a lock is of shards with servers of these, but of another division."""
        return not self.ids or not name.endswith(f"-of-{self.count}.lock")


ALL_SHARDS = Shards()


def shards_of(config: BotConfig) -> Shards:
    """Return the shards of this process."""
    count = None if isinstance(config.shards, str) else config.shards
    return Shards(count, tuple(config.shard_ids))


def _lock(path: Path, *, wait: float = 0) -> FileLock:
    return FileLock(path, timeout=wait, mode=PRIVATE_FILE, thread_local=False)
