"""Limits how many questions a user and a server may ask within an hour."""

import time
from collections import OrderedDict
from collections.abc import Callable

from discord.app_commands import Cooldown

from bot.access.guild_settings import GuildSettings
from rag.errors import PaperboyError

HOUR = 3600.0  # seconds
MAX_COUNTS = 10_000  # users and servers in memory; the least recently used are dropped

Key = tuple[int | None, int | None]  # guild (None: direct messages), user (None: the whole guild)


class TooManyQuestionsError(PaperboyError):
    """A user asks more than the settings allow; `already_told`: they were told before."""

    def __init__(self, text: str, *, already_told: bool) -> None:
        super().__init__(text)
        self.already_told = already_told


class RateLimits:
    """Counts questions, in memory; `recall` counts those from before a restart."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: OrderedDict[Key, Cooldown] = OrderedDict()
        self._told_until: dict[Key, float] = {}

    def take(self, guild_id: int | None, user_id: int, settings: GuildSettings) -> None:
        """Count a question; raise TooManyQuestionsError if it exceeds a limit."""
        own, everybody = self._counts_of(guild_id, user_id, settings)
        now = self._clock()
        if own and (wait := own.get_retry_after(now)):
            asked = f"You have asked {_questions(own.rate)} within an hour, which is all I can do"
            raise self._refusal((guild_id, user_id), f"{asked} for one person", wait)
        if everybody and (wait := everybody.get_retry_after(now)):
            were = "was" if everybody.rate == 1 else "were"
            asked = f"{_questions(everybody.rate)} {were} asked in this server within an hour"
            raise self._refusal((guild_id, user_id), f"{asked}, which is all I can do", wait)
        for count in filter(None, (own, everybody)):
            count.update_rate_limit(now)

    def recall(
        self, guild_id: int | None, user_id: int, settings: GuildSettings, *, asked_at: float
    ) -> None:
        """Count a question from before a restart, at its time; call it oldest first."""
        for count in filter(None, self._counts_of(guild_id, user_id, settings)):
            count.update_rate_limit(asked_at)

    def _counts_of(
        self, guild_id: int | None, user_id: int, settings: GuildSettings
    ) -> tuple[Cooldown | None, Cooldown | None]:
        """Return the counts of a user and of the whole guild."""
        own = self._count((guild_id, user_id), settings.person_per_hour)
        if guild_id is None:
            return own, None
        return own, self._count((guild_id, None), settings.server_per_hour)

    def _count(self, key: Key, rate: int) -> Cooldown | None:
        """Return the count for a key; None if it has no limit."""
        if not rate:
            return None
        count = self._counts.get(key)
        if count is None or count.rate != rate:
            count = self._counts[key] = Cooldown(rate, HOUR)
        self._counts.move_to_end(key)
        while len(self._counts) > MAX_COUNTS:
            self._counts.popitem(last=False)
        return count

    def _refusal(self, key: Key, text: str, wait: float) -> TooManyQuestionsError:
        now = self._clock()
        already_told = self._told_until.get(key, 0.0) > now
        self._told_until = {
            other: until for other, until in self._told_until.items() if until > now
        }
        self._told_until[key] = now + wait
        minutes = max(1, round(wait / 60))
        again = f"ask me again in {minutes} minute{'' if minutes == 1 else 's'}"
        return TooManyQuestionsError(f"{text}: {again}, please.", already_told=already_told)


def _questions(number: float) -> str:
    return "1 question" if number == 1 else f"{number:.0f} questions"
