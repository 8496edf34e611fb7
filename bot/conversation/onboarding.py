"""What to tell somebody who does not know yet what to ask."""

from bot.render.text import shorten
from rag.store.catalog import Catalog
from rag.text.names import short_name

NAME = 60  # characters of what a paper is called
ANY = "which papers are about video?"
NOTHING = "I have read no papers yet: whoever runs me brings some in with `paperboy sync`."


def example(catalog: Catalog) -> str:
    """Return a question that can be answered: about the most upvoted paper of the latest day."""
    day = catalog.last_featured_day()
    papers = catalog.featured(day) if day else catalog.latest_published(1)
    return f"what is {shorten(short_name(papers[0]), NAME)} about?" if papers else ANY


def hint(catalog: Catalog) -> str:
    """Return what can be asked and where to read more."""
    if not catalog.coverage().papers:
        return NOTHING
    return (
        f"Ask me something about Hugging Face's Daily Papers, for example “{example(catalog)}” "
        f"I have read {catalog.coverage()}. /help says what else I can do."
    )
