"""Users change their own subscriptions, and those of a server that they manage."""

from collections.abc import Iterator

import pytest

from bot.executor import Executor
from bot.subscriptions.records import Rhythm, Subscription, SubscriptionError
from bot.subscriptions.service import DigestOptions, Manager, SubscriptionService
from rag.config import RagConfig
from rag.digest.records import Wish
from rag.library import Library
from rag.pipeline import PaperQA
from tests.bot.subscriptions.conftest import NINE
from tests.papers import TODAY

ALICE, BOB, HERE, ELSEWHERE = 1, 2, 10, 20


@pytest.fixture
def service(library: Library) -> Iterator[SubscriptionService]:
    executor = Executor(PaperQA(library, RagConfig(), today=lambda: TODAY))
    yield SubscriptionService(executor, DigestOptions(clock=lambda: NINE))
    executor.close()


async def add(service: SubscriptionService, **fields: object) -> Subscription:
    given = {"target": "1", "user_id": ALICE, "rhythm": Rhythm(), **fields}
    return await service.add(Subscription(**given))  # type: ignore[arg-type]


async def test_a_user_sees_their_own_and_a_manager_the_servers(
    service: SubscriptionService,
) -> None:
    own = await add(service, kind="person")
    channel = await add(service, kind="channel", guild_id=HERE)
    await add(service, kind="channel", guild_id=ELSEWHERE)
    assert await service.managed_by(Manager(ALICE)) == [own]
    assert await service.managed_by(Manager(BOB)) == []
    assert await service.managed_by(Manager(BOB, HERE)) == [channel]
    assert await service.managed_by(Manager(ALICE, HERE)) == [own, channel]


async def test_nobody_changes_the_subscription_of_another_user(
    service: SubscriptionService,
) -> None:
    own = await add(service, kind="person")
    stranger = Manager(BOB, HERE)
    for change in (
        service.get(own.id, stranger),
        service.pause(own.id, stranger),
        service.resume(own.id, stranger),
        service.remove(own.id, stranger),
        service.change(own.id, Rhythm(hour=10), Wish(), stranger),
    ):
        with pytest.raises(SubscriptionError, match="Only whoever gets it may change it"):
            await change
    assert service.store.get(own.id) == own


async def test_a_manager_pauses_resumes_changes_and_removes(service: SubscriptionService) -> None:
    channel = await add(service, kind="channel", guild_id=HERE)
    keeper = Manager(BOB, HERE)
    assert (await service.pause(channel.id, keeper)).paused
    assert not (await service.resume(channel.id, keeper)).paused
    changed = await service.change(channel.id, Rhythm(hour=10), Wish(count=3), keeper)
    assert (changed.rhythm.hour, changed.wish.count) == (10, 3)
    assert await service.remove(channel.id, keeper) == changed
    with pytest.raises(SubscriptionError, match="There is no subscription"):
        await service.get(channel.id, keeper)


async def test_leaving_a_server_deletes_only_its_subscriptions(
    service: SubscriptionService,
) -> None:
    await add(service, kind="channel", guild_id=HERE)
    elsewhere = await add(service, kind="channel", guild_id=ELSEWHERE)
    await service.forget_guild(HERE)
    assert service.store.all() == [elsewhere]
