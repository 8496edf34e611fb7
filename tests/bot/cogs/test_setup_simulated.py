"""/setup in SimCord, an independent model of Discord with permissions and menus."""

from typing import Any

from bot.access.guild_settings import Group

QUESTION = "how accurate is HeronNet compared with human counters?"


def fields(shown: Any) -> dict[str, str]:
    (embed,) = shown.embeds
    return {field.name: field.value for field in embed.fields}


async def test_choices_on_the_panel_take_effect(world: Any) -> None:
    opened = await world.keeper.slash(world.channel, "setup")
    assert opened.ephemeral
    panel = opened.response
    assert fields(panel) == {
        "Ask-channels": "none",
        "I answer in": "every channel that I can see",
        "Who may ask": "everybody",
        "Who may not": "nobody",
        "Questions within an hour": "30 for one person, 300 in the whole server",
        "A conversation moves to a thread": "only when somebody asks for it",
        "A card for a pasted link to a paper": "off",
    }
    keeper, settings = world.keeper, world.env.bot.services.guild_settings
    await keeper.select(panel, [world.papers], custom_id="setup:ask_channels")
    await keeper.select(panel, [world.papers, world.channel], custom_id="setup:channels")
    await keeper.select(panel, [world.readers, keeper], custom_id="setup:allowed")
    await keeper.select(panel, [world.alice], custom_id="setup:denied")
    await keeper.click(panel, custom_id="setup:threads")
    await keeper.click(panel, custom_id="setup:link_cards")
    form = await keeper.click(panel, label="Limits …")
    await keeper.submit_modal(form, {"person_per_hour": "5", "server_per_hour": "0"})
    chosen = settings.of(world.guild.id)
    assert chosen.ask_channels == {world.papers.id}
    assert chosen.channels == {world.papers.id, world.channel.id}
    assert chosen.allowed == Group(people={keeper.id}, roles={world.readers.id})
    assert chosen.denied == Group(people={world.alice.id})
    assert (chosen.person_per_hour, chosen.server_per_hour) == (5, 0)
    assert (chosen.threads, chosen.link_cards) == ("long", True)
    again = fields((await keeper.slash(world.channel, "setup")).response)
    assert again["Ask-channels"] == f"<#{world.papers.id}>"
    assert again["Who may ask"] == f"@readers <@{keeper.id}>"
    assert again["Questions within an hour"] == "5 for one person, any number in the whole server"
    assert again["A conversation moves to a thread"] == "after 3 answers in the channel"
    await keeper.send(world.papers, QUESTION)
    (embed,) = world.papers.last_message.embeds
    assert "94.2%" in embed.description
    await keeper.select(panel, [], custom_id="setup:denied")
    assert settings.of(world.guild.id).denied == Group()


async def test_only_managers_of_the_server_see_the_command(world: Any) -> None:
    assert "setup" in world.keeper.available_commands(world.channel)
    assert "setup" not in world.alice.available_commands(world.channel)
