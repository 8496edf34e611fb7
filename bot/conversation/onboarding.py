"""The hint for users who do not know yet what to ask.

(A module of its own, since the cogs of messages and of /help share it.)
"""

from rag.store.catalog import Catalog
from rag.text.names import short_name
from rag.text.shorten import shorten

MAX_NAME = 60  # characters of the name of a paper
DEFAULT_QUESTION = "which papers are about video?"
NO_PAPERS = "I have read no papers yet: whoever runs me brings some in with `paperboy sync`."


def example_question(catalog: Catalog) -> str:
    """Return a question that can be answered, about the most upvoted paper of the latest day."""
    day = catalog.last_featured_day()
    papers = catalog.featured(day) if day else catalog.latest_published(1)
    return (
        f"what is {shorten(short_name(papers[0]), MAX_NAME)} about?" if papers else DEFAULT_QUESTION
    )


def hint(catalog: Catalog) -> str:
    """Return a sentence that says what users can ask, with an example."""
    if not catalog.coverage().papers:
        return NO_PAPERS
    example = example_question(catalog)
    return (
        f"Ask me something about Hugging Face's Daily Papers, for example “{example}” "
        f"I have read {catalog.coverage()}. /help says what else I can do."
    )
