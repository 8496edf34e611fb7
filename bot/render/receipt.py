"""A receipt as an embed: what was understood, what was read, sentences and papers with scores."""

from collections.abc import Iterator, Mapping

from discord import Colour, Embed

from bot.json_rows import Row
from bot.render.text import EMBED_DESCRIPTION, link, plain, shorten
from rag.records import Paper

COLOUR = Colour.blurple()
SENTENCES, SENTENCE = 8, 240  # shown at most, and characters of each
RANKED = 8  # papers shown at most
TITLE = 90  # characters of a title


def receipt_embed(receipt: Row, papers: Mapping[str, Paper]) -> Embed:
    """Return as much of a receipt as one embed holds; `papers` are those it names, by id."""
    text = ""
    for line in _lines(receipt, papers):
        if len(text) + len(line) + 1 > EMBED_DESCRIPTION:
            break
        text += f"{line}\n"
    return Embed(title="What this answer was made from", description=text, colour=COLOUR)


def _lines(receipt: Row, papers: Mapping[str, Paper]) -> Iterator[str]:
    titles = {entry["paper_id"]: entry["title"] for entry in receipt["ranking"]}
    titles |= {source["paper_id"]: source["title"] for source in receipt["sources"]}

    def linked(paper_id: str) -> str:
        paper = papers.get(paper_id)
        title = shorten(paper.title if paper else titles.get(paper_id, paper_id), TITLE)
        return link(title, paper.url) if paper else plain(title)

    yield f"**Request:** {plain(shorten(receipt['question'], 300))}"
    if receipt["understood"]:
        yield f"**Understood:** {plain(shorten(receipt['understood'], 300))}"
    yield f"**Read:** {plain(receipt['coverage'])}"
    yield f"**Made in** {receipt['seconds']:.2f} s, {_by(receipt)}"
    if receipt["support"] is not None:
        yield f"**Likely answered:** {receipt['support']:.2f}"
    if receipt["note"]:
        yield f"**Note:** {plain(shorten(receipt['note'], 300))}"
    cited = {source["paper_id"]: source["n"] for source in receipt["sources"]}
    ranked = {entry["paper_id"]: n for n, entry in enumerate(receipt["ranking"][:RANKED], start=1)}
    if receipt["evidence"]:
        yield "\n**Sentences considered, best first**"
    for evidence in receipt["evidence"][:SENTENCES]:
        sentence = plain(shorten(evidence["sentence"], SENTENCE))
        n = ranked.get(evidence["paper_id"])
        of = f"paper {n}" if n else linked(evidence["paper_id"])
        yield f"`{evidence['score']:.2f}` {sentence} ({of})"
    if receipt["ranking"]:
        yield "\n**Papers, best first: score, cosine, BM25**"
    for place, entry in enumerate(receipt["ranking"][:RANKED], start=1):
        figures = f"{entry['score']:.2f} {entry['cosine']:.2f} {entry['bm25']:.2f}"
        n = cited.get(entry["paper_id"])
        mark = f" · source {n}" if n else ""
        yield f"{place}. `{figures}` {linked(entry['paper_id'])}{mark}"


def _by(receipt: Row) -> str:
    if receipt["model"]:
        return f"written by {plain(receipt['model'])}"
    if receipt["refused"]:
        return "refused, no model"
    return "quoted, no model" if receipt["evidence"] else "from the catalogue, no model"
