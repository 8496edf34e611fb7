"""How many questions a person and a server may ask within an hour."""

import time
from collections import OrderedDict
from collections.abc import Callable

from discord.app_commands import Cooldown

from bot.access.guild_settings import GuildSettings
from rag.errors import PaperboyError

HOUR = 3600.0  # seconds
COUNTED = 10_000  # people and servers that are counted at once; who asked longest ago goes first

Key = tuple[int | None, int | None]  # server (None: direct messages) and person (None: all of it)


class TooManyQuestionsError(PaperboyError):
    """Somebody asks more than the settings allow; `is_told`: they have heard it already."""

    def __init__(self, text: str, *, is_told: bool) -> None:
        super().__init__(text)
        self.is_told = is_told


class RateLimits:
    """Counts questions, in memory; `recall` counts those that were asked before a restart."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: OrderedDict[Key, Cooldown] = OrderedDict()
        self._told: dict[Key, float] = {}  # until when

    def take(self, guild_id: int | None, user_id: int, settings: GuildSettings) -> None:
        """Count a question; raise TooManyQuestionsError where it is one too many."""
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
        """Count a question that an earlier process answered, at that time; oldest first."""
        for count in filter(None, self._counts_of(guild_id, user_id, settings)):
            count.update_rate_limit(asked_at)

    def _counts_of(
        self, guild_id: int | None, user_id: int, settings: GuildSettings
    ) -> tuple[Cooldown | None, Cooldown | None]:
        """Return the counts of a person and of the whole server."""
        own = self._count((guild_id, user_id), settings.person_per_hour)
        if guild_id is None:
            return own, None
        return own, self._count((guild_id, None), settings.server_per_hour)

    def _count(self, key: Key, rate: int) -> Cooldown | None:
        """Return the count of a person or server; None where there is no limit."""
        if not rate:
            return None
        count = self._counts.get(key)
        if count is None or count.rate != rate:
            count = self._counts[key] = Cooldown(rate, HOUR)
        self._counts.move_to_end(key)
        while len(self._counts) > COUNTED:
            self._counts.popitem(last=False)
        return count

    def _refusal(self, key: Key, text: str, wait: float) -> TooManyQuestionsError:
        now = self._clock()
        is_told = self._told.get(key, 0.0) > now
        self._told = {other: until for other, until in self._told.items() if until > now}
        self._told[key] = now + wait
        minutes = max(1, round(wait / 60))
        again = f"ask me again in {minutes} minute{'' if minutes == 1 else 's'}"
        return TooManyQuestionsError(f"{text}: {again}, please.", is_told=is_told)


def _questions(number: float) -> str:
    return "1 question" if number == 1 else f"{number:.0f} questions"
