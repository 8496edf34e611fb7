"""👍 🔖 👎 over the wire: the menu under a digest, the buttons of a paper, /save and /saved."""

from dataclasses import replace
from datetime import date
from typing import Any

from bot.access.guild_settings import Group as People
from bot.taste.paper_keys import key_of, paper_of_key
from bot.taste.rating_view import rating_view
from ingest.sync import ingest
from rag.digest.records import Digest, Entry, Group
from rag.library import Library
from rag.records import Paper
from tests.discord_server import Connect, Server, buttons, choose, text_of
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource, many

LIT, DIM = 3, 2  # styles of a button


def digest_of(*papers: Paper) -> Digest:
    entries = tuple(Entry(paper, "A sentence.", rank=n) for n, paper in enumerate(papers, start=1))
    day = date(2025, 1, 6)
    return Digest("day", day, day, (Group("Birds", entries),) if entries else ())


async def sent_digest(server: Server, *papers: Paper) -> dict[str, Any]:
    """Let the bot send a message with the menu; return it."""
    channel = server.bot.get_partial_messageable(int(server.fake.general))
    view = rating_view(digest_of(*papers))
    assert view is not None
    sent = await channel.send("Today's papers", view=view)
    return server.fake.messages[str(sent.id)]


async def shown(server: Server, interaction: Any) -> dict[str, Any]:
    """Return the message that was answered with."""
    await server.quoted(interaction)
    assert interaction.original is not None
    message: dict[str, Any] = interaction.original
    return message


def styles(message: dict[str, Any]) -> list[int]:
    return [one["style"] for row in message["components"] for one in row["components"]]


async def test_a_paper_of_a_digest_is_rated(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    digest = await sent_digest(server, HERON, TIDAL)
    chosen = await fake.select("alice", digest, "rate:choose:0", TIDAL.paper_id)
    mine = await shown(server, chosen)
    assert mine["flags"] & 64
    assert mine["id"] != digest["id"]
    assert TIDAL.title in text_of(mine)
    assert buttons(mine) == [
        f"rate:{kind}:{TIDAL.paper_id}" for kind in ("like", "save", "dislike")
    ]
    assert styles(mine) == [DIM, DIM, DIM]
    for kind, words, lit in (
        ("like", "You like it.", [LIT, DIM, DIM]),
        ("save", "It is on your list", [LIT, LIT, DIM]),
        ("dislike", "You want to see less like it.", [DIM, LIT, LIT]),
        ("dislike", "more like this", [DIM, LIT, DIM]),
    ):
        pressed = await fake.click("alice", mine, f"rate:{kind}:{TIDAL.paper_id}")
        assert (await pressed.wait_ack())["type"] == 6  # the message itself changes
        await fake.until(lambda lit=lit: styles(mine) == lit)
        if kind != "dislike" or LIT in lit[2:]:
            assert words in text_of(mine)
    alice, guild = int(fake.users["alice"]["id"]), int(fake.guild)
    assert server.bot.services.ratings.of(alice, guild, TIDAL.paper_id) == {"save"}


async def test_the_menu_and_the_buttons_work_after_a_restart(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    digest = await sent_digest(server, HERON)
    store = server.bot._connection._view_store
    store._views.clear()
    store._synced_message_views.clear()
    chosen = await server.fake.select("alice", digest, "rate:choose:0", HERON.paper_id)
    mine = await shown(server, chosen)
    store._views.clear()
    store._synced_message_views.clear()
    await server.fake.click("alice", mine, f"rate:like:{HERON.paper_id}")
    await server.fake.until(lambda: "You like it." in text_of(mine))


async def test_the_buttons_of_a_card_answer_the_user_who_clicked(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    card = await shown(server, await server.fake.slash("alice", "paper", title="wading birds"))
    pressed = await server.fake.click("bob", card, f"rate:save:{HERON.paper_id}")
    told = await shown(server, pressed)
    assert told["flags"] & 64
    assert "It is on your list" in text_of(told)
    assert styles(card) == [DIM, DIM, DIM]  # everybody sees it: it shows nobody's opinion


async def test_who_may_not_ask_rates_nothing(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    digest = await sent_digest(server, HERON)
    bob = int((await server.fake.say("bob", "hello"))["author"]["id"])
    await choose(server, denied=People(people=frozenset({bob})))
    chosen = await server.fake.select("bob", digest, "rate:choose:0", HERON.paper_id)
    assert "I may not answer you" in text_of((await chosen.wait_ack())["data"])


async def test_a_rating_of_a_deleted_paper_is_explained(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    gone = replace(HERON, arxiv_id="2501.99999")
    digest = await sent_digest(server, gone)
    chosen = await server.fake.select("alice", digest, "rate:choose:0", gone.paper_id)
    assert "I no longer know that paper" in text_of(await shown(server, chosen))


def test_a_large_digest_has_several_menus_and_an_empty_one_none() -> None:
    view = rating_view(digest_of(*many(60)))
    assert view is not None
    sizes = [len(row["components"][0]["options"]) for row in view.to_components()]
    assert sizes == [25, 25, 10]
    most = rating_view(digest_of(*many(200)))
    assert most is not None
    assert len(most.to_components()) == 4
    assert rating_view(digest_of()) is None


def test_a_paper_is_found_by_a_long_title_and_after_its_id_changed(library: Library) -> None:
    long = replace(LOOM, title="Loom " * 40)
    ingest(ListSource([long, *PAPERS]), library)
    key = key_of(long.paper_id)
    assert len(f"rate:dislike:{key}") <= 100
    assert paper_of_key(library.catalog, key).title == long.title
    key = key_of(LOOM.paper_id)
    library.catalog.upsert([replace(LOOM, arxiv_id="2411.00004")])
    assert paper_of_key(library.catalog, key).paper_id == "arxiv:2411.00004"


def test_two_papers_with_the_same_long_beginning_have_keys_of_their_own(library: Library) -> None:
    papers = [replace(LOOM, title=f"{'Loom ' * 40}{n}") for n in (1, 2)]
    ingest(ListSource(papers), library)
    keys = [key_of(paper.paper_id) for paper in papers]
    found = [paper_of_key(library.catalog, key).title for key in keys]
    assert found == [paper.title for paper in papers]
    old = papers[0].paper_id[:80]  # as earlier versions made them
    assert paper_of_key(library.catalog, old).title == papers[0].title


async def test_papers_are_saved_and_listed_in_pages(library: Library, connect: Connect) -> None:
    papers = many(12)
    ingest(ListSource(papers), library)
    server = await connect(library)
    fake = server.fake
    for paper in papers:
        saved = await shown(server, await fake.slash("alice", "save", paper=paper.paper_id))
        assert "It is on your list" in text_of(saved)
        assert saved["flags"] & 64
    listed = await shown(server, await fake.slash("alice", "saved"))
    assert listed["flags"] & 64
    assert "Your saved papers: 12" in text_of(listed)
    assert "Page 1 of 3" in text_of(listed)
    await fake.click("alice", listed, "saved:page:1:")
    await fake.until(lambda: "Page 2 of 3" in text_of(listed))
    removed = buttons(listed)[0]
    assert removed.startswith("saved:remove:1:arxiv:")
    await fake.click("alice", listed, removed)
    await fake.until(lambda: "Your saved papers: 11" in text_of(listed))
    assert removed not in buttons(listed)
    assert "Page 2 of 3" in text_of(listed)
    nothing = await shown(server, await fake.slash("bob", "saved"))
    assert "You have saved no paper yet" in text_of(nothing)


async def test_titles_are_suggested_to_save(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    typed = await server.fake.autocomplete("alice", "save", "paper", paper="wading")
    choices = (await typed.wait_ack())["data"]["choices"]
    assert [choice["value"] for choice in choices] == [HERON.paper_id]


async def test_forget_deletes_ratings(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    for user in ("alice", "bob"):
        await shown(server, await server.fake.slash(user, "save", paper=HERON.paper_id))
    asked = await server.fake.slash("alice", "forget")
    await asked.wait_ack()
    await server.fake.until(lambda: asked.original and "1 rating" in asked.original["content"])
    assert asked.original is not None
    await server.fake.click("alice", asked.original, "forget:yes")
    await server.fake.until(lambda: "Removed: 1 rating" in asked.original["content"])
    ratings, users = server.bot.services.ratings, server.fake.users
    assert ratings.saved(int(users["alice"]["id"])) == []
    assert ratings.saved(int(users["bob"]["id"])) == [HERON.paper_id]


async def test_leaving_a_server_deletes_its_ratings_but_no_saved_papers(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    guild, ratings = int(server.fake.guild), server.bot.services.ratings
    ratings.give(7, guild, HERON.paper_id, "like")
    ratings.give(7, guild, PASTRY.paper_id, "save")
    await server.fake.dispatch("GUILD_DELETE", {"id": server.fake.guild})
    await server.fake.until(lambda: ratings.marks(guild_id=guild) == {})
    assert ratings.saved(7) == [PASTRY.paper_id]
    assert ratings.of(7, guild, HERON.paper_id) == frozenset()
