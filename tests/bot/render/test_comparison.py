"""A comparison as one embed, within Discord's limits."""

from dataclasses import replace

from bot.render.comparison import BLANK, comparison_embed
from bot.render.safe_text import EMBED_FIELD, EMBED_TOTAL
from rag.answering.comparison import Comparison
from tests.bot.render.embed_checks import NASTY, complaints
from tests.papers import HERON, PASTRY, TIDAL


def test_each_aspect_is_a_field_with_a_line_per_paper() -> None:
    comparison = Comparison((HERON, PASTRY), (("Results", ("It counts *94.2%*.", "")),))
    embed = comparison_embed(comparison)
    (field,) = embed.fields
    assert field.name == "Results"
    assert field.value == f"**HeronNet**: “It counts \\*94.2%\\*.”\n**PastryBench**: {BLANK}"
    assert (embed.description or "").startswith(f"1. [{HERON.title}](<{HERON.url}>)")


def test_quotes_are_shortened_equally_until_the_embed_fits() -> None:
    papers = tuple(replace(p, abstract_source="summary") for p in (HERON, PASTRY, TIDAL, HERON))
    rows = tuple((f"Aspect {n}", (f"{NASTY} " * 5,) * 4) for n in range(6))
    embed = comparison_embed(Comparison(papers, rows))
    assert len(embed) <= EMBED_TOTAL
    assert all(len(field.value or "") <= EMBED_FIELD for field in embed.fields)
    assert len({field.value for field in embed.fields}) == 1
    assert complaints([embed]) == []
    assert (embed.description or "").count("Paperboy's summary") == 4
