"""A small Discord on 127.0.0.1, for tests of the bot with the unmodified discord.py client."""

from tests.discord_fake.fake import FakeDiscord
from tests.discord_fake.interaction import Interaction
from tests.discord_fake.judge import Judge

__all__ = ["FakeDiscord", "Interaction", "Judge"]
