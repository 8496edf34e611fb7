"""Two sightings of one paper → one paper."""

from dataclasses import replace

from rag.records import Paper


def merge(known: Paper, seen: Paper) -> Paper:
    """Return what is known of a paper after it was seen once more.

    The later sighting wins field by field where it says anything, with three exceptions: a
    summary written for this project never displaces anything from a real source, title and
    abstract come from who knows the arXiv id (a saved page can cut them off), and the first
    featured day stays.
    """
    newer, older = seen, known
    if seen.abstract_source == "summary" and known.abstract_source == "abstract":
        newer, older = known, seen
    surer = older.arxiv_id and not newer.arxiv_id and older.abstract_source == "abstract"
    text = older if surer or not newer.abstract else newer
    days = [p.featured_on for p in (known, seen) if p.featured_on]
    return replace(
        newer,
        title=text.title,
        abstract=text.abstract,
        abstract_source=text.abstract_source,
        arxiv_id=newer.arxiv_id or older.arxiv_id,
        authors=newer.authors or older.authors,
        featured_on=min(days, default=None),
        keywords=newer.keywords or older.keywords,
        **{
            name: getattr(newer, name) if getattr(newer, name) is not None else getattr(older, name)
            for name in (
                "author_count", "organization", "published_on", "upvotes",
                "comment_count", "tldr", "code_url", "project_url",
            )
        },
    )  # fmt: skip
