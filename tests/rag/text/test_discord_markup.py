"""Discord's markup becomes words and days; what is hidden is told apart."""

import pytest

from rag.text.discord_markup import (
    as_spoiler,
    has_spoiler,
    mentioned_users,
    still_hidden,
    without_markup,
    without_spoilers,
)

NAMES = {("user", 7): "Ada", ("role", 7): "readers", ("channel", 7): "herons"}


def read(text: str, timezone: str = "UTC") -> str:
    return without_markup(
        text, timezone=timezone, name_of=lambda kind, number: NAMES.get((kind, number), "")
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("what does <@7> read?", "what does Ada read?"),
        ("what does <@!7> read?", "what does Ada read?"),
        ("is <@7>'s paper new?", "is Ada's paper new?"),
        ("a question of the <@&7>", "a question of the readers"),
        ("as in <#7>, what is new?", "as in herons, what is new?"),
        ("papers on LoRA <:hm:1>", "papers on LoRA"),
        ("papers on <a:dance:12> LoRA", "papers on LoRA"),
        ("LoRA <:hm:1><:hm:1> ?", "LoRA?"),
        ("<:hm:1> LoRA", "LoRA"),
        ("what about LoRA <:hm:1>?", "what about LoRA?"),
        ("what does <@8> read?", "what does read?"),
        ("hello @here, what is new?", "hello, what is new?"),
        ("@everyone what is new?", "what is new?"),
        ("ask ada@here.example or @hereford", "ask ada@here.example or @hereford"),
        ("<@8>\nwhat is new?", "\nwhat is new?"),
        ("see <#8> and <@&8>: what is new?", "see and: what is new?"),
        ("is </ask:1> the same as </paper show all:2>?", "is /ask the same as /paper show all?"),
        ("see <id:guide> first", "see first"),
        ("1 < 2 and <b> and <t:x> stay, <@x> too", "1 < 2 and <b> and <t:x> stay, <@x> too"),
        ("nothing  to do", "nothing  to do"),
        ("https://discord.com/channels/1/2/3 what is LoRA?", "what is LoRA?"),
        ("what is LoRA <https://ptb.discord.com/channels/@me/22/33>?", "what is LoRA?"),
        ("is [this](https://canary.discord.com/channels/1/2) new?", "is this new?"),
        ("see https://discordapp.com/channels/1/2/3. Is it new?", "see. Is it new?"),
        (
            "on https://discord.com/developers and https://discord.gg/x",
            "on https://discord.com/developers and https://discord.gg/x",
        ),
        (
            "https://a.example/https://discord.com/channels/1/2/3 new?",
            "https://a.example/https://discord.com/channels/1/2/3 new?",
        ),
    ],
)
def test_markup_becomes_words(text: str, shown: str) -> None:
    assert read(text) == shown


@pytest.mark.parametrize("style", ["", *(f":{letter}" for letter in "tTdDfFRsS")])
def test_a_time_stamp_of_any_style_is_its_day(style: str) -> None:
    assert read(f"since <t:1770422400{style}>?") == "since 2026-02-07?"
    assert read(f"since <t:1770422400{style}>", "America/New_York") == "since 2026-02-06"


def test_a_time_that_no_calendar_has_is_left_out() -> None:
    assert read("until <t:9999999999999:D> or <t:-86400:d>?") == "until or 1969-12-31?"


def test_users_are_found_to_be_looked_up() -> None:
    assert mentioned_users("<@1> <@!2> <@1> <@&3> <#4> <:a:5>") == [1, 2]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("what is ||HeronNet|| about?", "what is (spoiler) about?"),
        ("||all\nof it|| and ||more||", "(spoiler) and (spoiler)"),
        ("`a || b || c`", "`a || b || c`"),
        ("```\na || b || c\n```", "```\na || b || c\n```"),
        ("`x` and ||y||", "`x` and (spoiler)"),
        ("either || or", "either || or"),
        ("||||", "||||"),
        (r"\|\|escaped\|\| words", r"\|\|escaped\|\| words"),
        (r"\||escaped|| words", r"\||escaped|| words"),
        (r"no code: \`||x||\`", r"no code: \`(spoiler)\`"),
        ("``a ` || b || c`` ||d||", "``a ` || b || c`` (spoiler)"),
        ("| a || b |\n| c || d |", "| a || b |\n| c || d |"),
        ("| a ||b|| c |", "| a (spoiler) c |"),
        ("||a\n| b || c |", "(spoiler) c |"),
    ],
)
def test_what_is_hidden_is_not_seen(text: str, seen: str) -> None:
    assert without_spoilers(text) == seen
    assert has_spoiler(text) == (text != seen)


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("a ||b", "(spoiler)"), ("b|| c", "(spoiler)"), ("b", "(spoiler)"),
        ("a ||b|| c", "a (spoiler) c"), ("||b|| c ||d", "(spoiler)"),
    ],
)  # fmt: skip
def test_a_part_of_a_spoiler_stays_hidden(part: str, shown: str) -> None:
    assert without_spoilers(still_hidden(part, "a ||b|| c ||d||")) == shown
    assert still_hidden(part.replace("||", ""), "a b c d") == part.replace("||", "")


def test_a_spoiler_hides_all_of_a_text() -> None:
    hidden = as_spoiler("a ||b|| `c || d` ||")
    assert without_spoilers(hidden) == "(spoiler)"
