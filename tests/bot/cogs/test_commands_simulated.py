"""Every command once in SimCord, an independent model of Discord with permissions and deadlines."""

from dataclasses import replace
from datetime import date
from typing import Any

import discord
import pytest

from bot.answers.buttons import writing_view
from bot.answers.receipts import Inquiry
from bot.render.answer import UNFINISHED, unanswered_embed
from ingest.sync import ingest
from rag.library import Library
from tests.bot.answers.listing import listing
from tests.papers import HERON, ListSource, many

QUESTION = "how accurate is HeronNet compared with human counters?"


@pytest.mark.parametrize(
    ("command", "options", "shown"),
    [
        ("ask", {"question": QUESTION}, "94.2%"),
        ("ask", {"question": "how long is the training?", "paper": HERON.paper_id}, "3 hours"),
        ("search", {"text": "counting birds"}, HERON.title),
        ("daily", {}, "Daily Papers of Wednesday, 2025-02-05: 1"),
        ("daily", {"date": "2025-01-06"}, HERON.title),
        ("daily", {"date": "2025-01-12"}, "Hugging Face lists none at weekends."),
        ("trends", {"topic": "counting birds"}, "Papers per week about"),
        ("paper", {"title": "wading birds"}, "Featured"),
        ("compare", {"first": "HeronNet", "second": "PastryBench"}, "94.2%"),
        ("catchup", {}, "What you missed: 1 paper, featured 2025-02-05"),
        ("weekly", {}, "the week of 2025-02-03: 1"),
        ("trending", {}, "By upvotes, of 2 papers featured 2025-01-06 to 2025-02-05."),
        ("help", {}, "/ask question"),
        ("status", {}, "4 papers"),
        ("why", {"question": QUESTION}, "Sentences considered"),
    ],
)
async def test_every_command_answers(
    world: Any, command: str, options: dict[str, str], shown: str
) -> None:
    result = await world.alice.slash(world.channel, command, **options)
    assert result.acknowledged
    assert result.ephemeral == (command in ("catchup", "help", "status", "why"))
    (embed,) = result.response.embeds
    assert shown in str(embed.to_dict())


async def test_the_map_of_a_day_comes_with_its_alt_text(world: Any, filled: Library) -> None:
    day = date(2025, 12, 4)
    papers = [replace(paper, featured_on=day, upvotes=n) for n, paper in enumerate(many(8))]
    ingest(ListSource(papers), filled)
    shown = (await world.alice.slash(world.channel, "daily", date="2025-12-04")).response
    (picture,) = shown.attachments
    assert picture.filename == "topics.png"
    assert picture.description.startswith("Map of 8 Daily Papers of Thursday, 2025-12-04")


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("paper", "title"),
        ("ask", "paper"),
        ("explain", "paper"),
        *(("compare", option) for option in ("first", "second", "third", "fourth")),
    ],
)
async def test_titles_are_suggested(world: Any, command: str, option: str) -> None:
    choices = await world.alice.autocomplete(world.channel, command, option, "wading")
    assert choices == [{"name": HERON.title, "value": HERON.paper_id}]


async def test_a_conversation_continues_in_a_thread(world: Any) -> None:
    await world.alice.send(world.channel, f"{world.env.bot.user.mention} {QUESTION}")
    answer = world.channel.last_message
    told = await world.alice.slash(world.channel, "thread")
    assert told.ephemeral
    assert told.response.content == f"Let us continue in <#{answer.id}>."


async def test_a_mention_is_answered_and_other_words_are_not(world: Any) -> None:
    await world.alice.send(world.channel, QUESTION)
    assert len(world.channel.history()) == 1
    await world.alice.send(world.channel, f"{world.env.bot.user.mention} {QUESTION}")
    (embed,) = world.channel.last_message.embeds
    assert "94.2%" in embed.description


async def asked(world: Any) -> Any:
    """Return alice's answer, a message with buttons."""
    return (await world.alice.slash(world.channel, "ask", question=QUESTION)).response


async def press(person: Any, message: Any, action: str) -> Any:
    """Press the button under an answer that does this."""
    (row,) = message.components
    (custom_id,) = [c["custom_id"] for c in row["components"] if f":{action}:" in c["custom_id"]]
    return await person.click(message, custom_id=custom_id)


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("sources", "Sentences considered"),
        ("similar", "The nearest papers"),
        ("like", "I have noted that"),
    ],
)
async def test_a_click_is_answered_to_its_user_only(world: Any, action: str, shown: str) -> None:
    pressed = await press(world.bob, await asked(world), action)
    assert pressed.ephemeral
    response = pressed.response
    assert shown in response.content + "".join(str(e.to_dict()) for e in response.embeds)


async def test_why_shows_the_receipt_of_the_last_answer_here(world: Any) -> None:
    await asked(world)
    why = await world.bob.slash(world.channel, "why")
    assert why.ephemeral
    assert QUESTION in why.response.embeds[0].description


async def test_again_answers_anew_and_belongs_to_the_asker(world: Any) -> None:
    answer = await asked(world)
    again = await press(world.alice, answer, "again")
    assert not again.ephemeral
    assert again.response.id != answer.id
    assert "94.2%" in again.response.embeds[0].description
    refused = await press(world.bob, answer, "again")
    assert refused.ephemeral
    assert "Only the person who asked" in refused.response.embeds[0].description


@pytest.mark.slow
async def test_more_goes_on_with_a_list(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    qa = world.services.executor.qa
    monkeypatch.setattr(qa, "ask", listing(qa, []))
    more = await press(world.bob, await asked(world), "more")
    assert not more.ephemeral
    assert more.response.embeds[0].description.startswith("**3.** [")
    assert "\n-# small words" in more.response.embeds[0].description


@pytest.mark.slow
async def test_a_list_is_asked_about_by_its_numbers(world: Any, filled: Library) -> None:
    day = date(2025, 12, 4)
    papers = [replace(paper, featured_on=day, upvotes=9 - n) for n, paper in enumerate(many(8))]
    ingest(ListSource(papers), filled)
    daily = (await world.alice.slash(world.channel, "daily", date="2025-12-04")).response
    await world.bob.send(
        world.channel, f"{world.env.bot.user.mention} who wrote number 3?", reply_to=daily
    )
    assert papers[2].title in world.channel.last_message.embeds[0].description
    await world.alice.slash(world.channel, "catchup")  # only she sees it
    asked = await world.alice.slash(world.channel, "ask", question="when was number 2 out?")
    assert papers[1].title in asked.response.embeds[0].description


async def test_a_thumb_down_asks_for_a_reason(world: Any) -> None:
    down = await press(world.bob, await asked(world), "dislike")
    assert down.modal["title"] == "What was wrong with it?"
    sent = await world.bob.submit_modal(down, {"reason": "It is about egrets."})
    assert sent.ephemeral
    assert "I have noted that" in sent.response.content
    database = world.env.bot.services.executor.library.catalog.database
    (row,) = database.connection.execute("SELECT liked, reason FROM feedback")
    assert tuple(row) == (0, "It is about egrets.")


async def test_stop_finishes_an_answer_of_a_previous_run(world: Any) -> None:
    bot = world.env.bot
    channel = bot.get_channel(world.channel.id)
    unfinished = discord.Embed(description="“A quote” [1]", colour=UNFINISHED)
    sent = await channel.send(embed=unfinished, view=writing_view(world.alice.id))
    left = unanswered_embed(QUESTION)
    bot.services.receipts.save(
        sent.id, channel_id=channel.id, user_id=world.alice.id, event_id=None,
        inquiry=Inquiry(question=QUESTION), receipt=None, unfinished=[dict(left.to_dict())],
    )  # fmt: skip
    message = world.channel.last_message
    refused = await world.bob.click(message, label="Stop")
    assert "Only the person who asked can stop" in refused.response.embeds[0].description
    await world.alice.click(message, label="Stop")
    (embed,) = (await channel.fetch_message(sent.id)).embeds
    assert "I was restarted before I could answer" in embed.description


async def test_a_message_is_asked_about_by_its_menu(world: Any) -> None:
    said = await world.bob.send(world.channel, "I read about HeronNet, which detects birds")
    chosen = await world.alice.context_menu(world.channel, "Ask about this", said)
    sent = await world.alice.submit_modal(
        chosen, {"question": "how many hours does its training take?", "about": said.content}
    )
    assert "3 hours" in sent.response.embeds[0].description


async def test_a_paper_is_explained_by_the_menu_of_its_card(world: Any) -> None:
    card = (await world.bob.slash(world.channel, "paper", title="wading birds")).response
    chosen = await world.alice.context_menu(world.channel, "Explain this paper", card)
    assert "We present HeronNet" in chosen.response.embeds[0].description


async def test_forget_asks_once_more_and_says_what_was_removed(world: Any) -> None:
    await asked(world)
    forget = await world.alice.slash(world.channel, "forget")
    assert forget.ephemeral
    assert "1 question and 1 receipt of an answer" in forget.response.content
    await world.alice.click(forget.response, label="Keep it")
    assert forget.response.content == "Nothing is removed."
    forget = await world.alice.slash(world.channel, "forget")
    await world.alice.click(forget.response, label="Forget everything")
    assert "Removed: 1 question and 1 receipt of an answer." in forget.response.content
    assert forget.response.components == []
    nothing = await world.alice.slash(world.channel, "forget")
    assert nothing.response.content == "I keep nothing about you."


@pytest.mark.slow
async def test_pages_of_a_search_are_turned(world: Any, filled: Library) -> None:
    ingest(ListSource(many(12)), filled)
    shown = await world.alice.slash(world.channel, "search", text="birds")
    await world.alice.click(shown.response, label="More ▶")
    (embed,) = world.channel.last_message.embeds
    assert embed.footer.text == "Page 2 of 4, nearest first."
    await world.alice.click(world.channel.last_message, label="◀ Nearer ones")
    (embed,) = world.channel.last_message.embeds
    assert embed.footer.text == "Page 1 of 4, nearest first."


async def test_a_pasted_link_gets_a_card(world: Any) -> None:
    link = f"https://huggingface.co/papers/{HERON.arxiv_id}"
    world.env.bot.services.guild_settings.change(world.channel.guild.id, link_cards=True)
    await world.alice.send(world.channel, f"{world.env.bot.user.mention} {QUESTION}")
    answer = world.channel.last_message
    await world.alice.send(world.channel, f"worth reading: {link}")
    (embed,) = world.channel.last_message.embeds
    assert embed.title == HERON.title
    assert embed.fields[-1].value.endswith(f"/{world.channel.id}/{answer.id}")
