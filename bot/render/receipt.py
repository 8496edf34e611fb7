"""A receipt as an embed: the parsed question, the papers read, and sentences with scores."""

from collections.abc import Iterator, Mapping

from discord import Colour, Embed

from bot.json_rows import Row
from bot.render.safe_text import EMBED_DESCRIPTION, link, plain, plain_within
from rag.records import Paper
from rag.text.discord_markup import as_spoiler
from rag.text.shorten import shorten

COLOUR = Colour.blurple()
MAX_SENTENCES, MAX_SENTENCE = 8, 240  # how many, and characters of each
MAX_PAPERS = 8
MAX_TITLE = 90  # characters


def receipt_embed(receipt: Row, papers: Mapping[str, Paper]) -> Embed:
    """Return as much of a receipt as fits into one embed; `papers` maps ids to known papers.

    That of a question with a spoiler is one itself.
    """
    text = ""
    for line in _lines(receipt, papers):
        if len(text) + len(line) + 1 > EMBED_DESCRIPTION - len(as_spoiler("")):
            break
        text += f"{line}\n"
    if receipt.get("has_spoiler"):  # older receipts have none
        text = as_spoiler(text)
    return Embed(title="What this answer is based on", description=text, colour=COLOUR)


def _lines(receipt: Row, papers: Mapping[str, Paper]) -> Iterator[str]:
    titles = {entry["paper_id"]: entry["title"] for entry in receipt["ranking"]}
    titles |= {source["paper_id"]: source["title"] for source in receipt["sources"]}

    def linked(paper_id: str) -> str:
        paper = papers.get(paper_id)
        title = shorten(paper.title if paper else titles.get(paper_id, paper_id), MAX_TITLE)
        return link(title, paper.url) if paper else plain(title)

    yield f"**Question:** {plain(shorten(receipt['question'], 300))}"
    if receipt["understood"]:
        yield f"**Understood:** {plain(shorten(receipt['understood'], 300))}"
    if receipt.get("read_as"):  # older receipts have none
        yield f"**Read as:** {plain(shorten(receipt['read_as'], 300))}"
    yield f"**Read:** {plain(receipt['coverage'])}"
    yield f"**Took** {receipt['seconds']:.2f} s, {_method(receipt)}"
    if receipt["support"] is not None:
        yield f"**Likely answered:** {receipt['support']:.2f}"
    if receipt["note"]:
        yield f"**Note:** {plain(shorten(receipt['note'], 300))}"
    source_of = {source["paper_id"]: source["n"] for source in receipt["sources"]}
    rank_of = {
        entry["paper_id"]: n for n, entry in enumerate(receipt["ranking"][:MAX_PAPERS], start=1)
    }
    if receipt["evidence"]:
        yield "\n**Sentences considered, best first**"
    for evidence in receipt["evidence"][:MAX_SENTENCES]:
        sentence = plain(shorten(evidence["sentence"], MAX_SENTENCE))
        n = rank_of.get(evidence["paper_id"])
        paper = f"paper {n}" if n else linked(evidence["paper_id"])
        yield f"`{evidence['score']:.2f}` {sentence} ({paper})"
    if receipt["sources"] and not receipt["ranking"]:
        yield "\n**Papers shown**"
        for source in receipt["sources"]:
            yield f"{source['n']}. {linked(source['paper_id'])}"
    if receipt["ranking"]:
        yield "\n**Papers, best first: score, cosine, BM25**"
    for rank, entry in enumerate(receipt["ranking"][:MAX_PAPERS], start=1):
        figures = f"{entry['score']:.2f} {entry['cosine']:.2f} {entry['bm25']:.2f}"
        n = source_of.get(entry["paper_id"])
        mark = f" · source {n}" if n else ""
        yield f"{rank}. `{figures}` {linked(entry['paper_id'])}{mark}"


def _method(receipt: Row) -> str:
    if receipt["model"]:
        return f"written by {plain_within(receipt['model'], 100)}"
    if receipt["refused"]:
        return "refused, no model"
    return "quoted, no model" if receipt["evidence"] else "from the catalogue, no model"
