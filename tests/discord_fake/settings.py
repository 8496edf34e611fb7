"""What a test may choose about the fake, before or while it runs."""

from dataclasses import dataclass, field
from typing import Any

from tests.discord_fake.judge import Judge
from tests.discord_fake.permissions import EVERYTHING

Fault = tuple[str, int, Any, dict[str, str]]  # part of a route, status, body, headers
HANG_UP = 0  # a fault's status that closes the connection without an answer


@dataclass(kw_only=True, eq=False)
class Settings:
    """Times are in seconds unless the name says otherwise.

    `limits` maps a route to (requests, seconds), for example
    `{"POST /channels/{c}/messages": (5, 5.0)}`; the routes stand in `rest.ROUTES`.
    """

    token: str = "fake.token"
    ack_deadline: float = 3.0
    """An interaction that is not answered in this time is unknown from then on."""
    token_life: float = 900.0
    """After this time the token of an interaction is invalid."""
    nonce_life: float = 180.0
    """For this time a second message of the same nonce is answered with the first one."""
    closed_to_bot: set[str] = field(default_factory=set)
    """People, by name, whose direct messages are closed: what is sent there is a 50007."""
    silent_files: set[str] = field(default_factory=set)
    """Uploaded files, by name, that nobody gets an answer about."""
    limits: dict[str, tuple[int, float]] = field(default_factory=dict)
    fail_next: list[Fault] = field(default_factory=list)
    """The faults to come: the first one is the answer to the next request that it fits."""
    compress: bool = True
    heartbeat_ms: int = 41250
    forbidden_intents: int = 0
    """Asking for one of these intents closes the connection with 4014."""
    message_content: bool = True
    """False: people's words arrive empty unless they mention the bot or write to it directly."""
    everybody_may: int = EVERYTHING
    """What members, the bot among them, may do; the guild's owner may do everything."""
    accepting: bool = True
    """False: the gateway answers 503 to whoever wants to connect."""
    judge: Judge = field(default_factory=Judge)
