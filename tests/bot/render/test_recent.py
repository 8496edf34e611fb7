"""/catchup and /trending as embeds."""

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.render.recent import MAX_PAPERS, catchup_embed, gaining_embed, trending_embed
from rag.records import Paper
from tests.bot.render.embed_checks import complaints
from tests.papers import HERON, many

FIRST, LAST = date(2025, 12, 4), date(2025, 12, 5)
LOOKED_AT = datetime(2025, 12, 3, 9, tzinfo=UTC)


def papers(count: int) -> list[Paper]:
    return [replace(p, featured_on=FIRST if n else LAST) for n, p in enumerate(many(count))]


def test_the_first_look_an_own_day_and_a_later_look_have_their_own_words() -> None:
    def text(looked_at: datetime | None, *, chose_day: bool) -> str:
        embed = catchup_embed(
            papers(2), after=FIRST, last=LAST, looked_at=looked_at, chose_day=chose_day
        )
        assert embed.title == "What you missed: 2 papers, featured 2025-12-04 to 2025-12-05"
        return embed.description or ""

    assert text(None, chose_day=False).startswith("You have not looked here before")
    assert text(LOOKED_AT, chose_day=False).startswith(
        f"Since you last looked, <t:{LOOKED_AT.timestamp():.0f}:R>."
    )
    assert text(LOOKED_AT, chose_day=True).startswith("1. ")


def test_nothing_missed_names_the_last_known_day() -> None:
    embed = catchup_embed([], after=LAST, last=LAST, looked_at=LOOKED_AT, chose_day=False)
    assert embed.title == "You have missed nothing"
    assert "The last day I know is 2025-12-05." in (embed.description or "")


def test_only_the_first_papers_are_listed_and_the_embed_fits() -> None:
    long = [
        replace(p, title=f"{n} " + "wading birds " * 30, tldr="*stars* " * 60)
        for n, p in enumerate(papers(MAX_PAPERS + 5))
    ]
    embed = trending_embed(long, first=FIRST, last=LAST)
    text = embed.description or ""
    assert text.startswith(f"By upvotes, of {MAX_PAPERS + 5} papers featured")
    assert f"The {MAX_PAPERS} most upvoted:" in text
    assert f"\n{MAX_PAPERS}. " in text
    assert f"\n{MAX_PAPERS + 1}. " not in text
    assert complaints([embed]) == []


def test_new_upvotes_are_shown_in_brackets() -> None:
    embed = gaining_embed([(HERON, 5)], since=LOOKED_AT)
    assert "**▲ 12 (+5)**" in (embed.description or "")
