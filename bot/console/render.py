"""Records as Rich text and tables. Links can be clicked; nothing here prints."""

from collections.abc import Iterable, Iterator

from rich.table import Column, Table
from rich.text import Text

from bot.render.answer_text import INDENT, lines_of
from bot.render.direction import isolated, values_of, with_isolates
from bot.render.safe_text import names_host
from rag.answering.comparison import Comparison
from rag.answering.explain import Explanation
from rag.digest.records import Digest
from rag.links import full_text_url
from rag.records import Answer, Hit, Paper
from rag.text.names import short_name
from rag.text.shorten import shorten
from rag.text.withdrawal import WITHDRAWN, withdrawal_of
from rag.trends import METHOD, Trend

MAX_TLDR = 240  # characters of a paper's summary in a list
MAX_NAME = 40  # characters of a paper's name in a comparison
MAX_WEEKS = 26
BAR = 40  # characters of the longest bar
MAX_SENTENCES = 10  # of an answer's evidence; `--json` shows all


def paper_text(label: str, paper: Paper) -> Text:
    """Return two lines: `[1] Title`, then the paper's links, day and upvotes."""
    text = Text(f"{label} ")
    link = "" if names_host(paper.title) else f" link {paper.url}"
    text.append(isolated(paper.title), style=f"bold{link}")
    text.append("\n ")
    for url in paper.urls:
        text.append("  ")
        text.append(url, style=f"cyan link {url}")
    text.append(f"  {_day_and_upvotes(paper)}", style="dim")
    return text


def _day_and_upvotes(paper: Paper) -> str:
    """Return `featured 2025-12-04, 51 upvotes`, without the parts that are unknown."""
    facts = []
    if paper.featured_on:
        facts.append(f"featured {paper.featured_on}")
    elif paper.published_on:
        facts.append(f"published {paper.published_on}")
    if paper.upvotes is not None:
        facts.append(f"{paper.upvotes} upvote{'' if paper.upvotes == 1 else 's'}")
    if withdrawal_of(paper):
        facts.append(WITHDRAWN)
    return ", ".join(facts)


def paper_lines(papers: Iterable[Paper]) -> Iterator[Text]:
    """Yield each paper with its links, numbered from 1."""
    for n, paper in enumerate(papers, start=1):
        yield paper_text(f"{n}.", paper)


def hit_lines(hits: Iterable[Hit]) -> Iterator[Text]:
    """Yield search results: each paper, then the sentence that matches best."""
    for n, hit in enumerate(hits, start=1):
        yield paper_text(f"{n}.", hit.paper)
        if hit.chunk.sentence:
            yield Text(f"   “{hit.chunk.sentence}”")


def answer_lines(answer: Answer) -> Iterator[Text]:
    """Yield an answer, the sources it cites, and its note."""
    values = values_of(citation.paper for citation in answer.citations)
    shown = with_isolates(answer.text, values)
    yield answer_text(shown, style="yellow" if answer.refused else "")
    if answer.citations:
        yield Text()
    for citation in answer.citations:
        yield paper_text(f"[{citation.n}]", citation.paper)
        if citation.section and citation.paper.arxiv_id:
            url = full_text_url(citation.paper.arxiv_id)
            text = Text(f"   {citation.section}: ")
            yield text.append(url, style=f"cyan link {url}")
    if answer.note:
        yield Text()
        yield Text(answer.note, style="dim")


def reading_line(paper: Paper) -> Text:
    """Return how to read the paper whose abstract may not say what was asked."""
    command = f"`paperboy read {paper.arxiv_id}`, or ask again with `--read`."
    return Text(f"The paper itself may say it: {command}", style="dim")


def answer_text(text: str, *, style: str = "") -> Text:
    """Return the text of an answer in this style, its subordinate lines dimmed."""
    shown = Text(style=style)
    for number, (line, kind) in enumerate(lines_of(text)):
        shown.append("\n" if number else "")
        if kind == "small":
            shown.append(INDENT + line, style="dim")
        else:
            shown.append(line)
    return shown


def receipt_lines(answer: Answer) -> Iterator[Text]:
    """Yield what an answer is based on: the parsed question, sentences and papers with scores."""
    yield Text(f"\nUnderstood: {answer.understood or answer.standalone}")
    if answer.read_as:
        yield Text(f"Read as: {answer.read_as}")
    yield Text(f"Read: {answer.coverage}")
    method = f"written by {answer.model}" if answer.model else f"{answer.mode}, no model"
    yield Text(f"Took {answer.seconds:.2f} s, {method}")
    if answer.support is not None:
        yield Text(f"Likely answered: {answer.support:.2f}")
    if answer.evidence:
        yield Text("\nSentences considered, best first:")
    for evidence in answer.evidence[:MAX_SENTENCES]:
        yield Text(f"{evidence.score:5.2f}  {evidence.sentence}")
        yield Text(f"       {isolated(evidence.paper.title)}", style="dim")
    if answer.hits:
        yield Text("\nPapers, best first (score, cosine, BM25):")
    for hit in answer.hits:
        yield Text(
            f"{hit.score:5.2f}  {hit.cosine:5.2f}  {hit.keyword:6.2f}  {isolated(hit.paper.title)}"
        )


def explanation_lines(explanation: Explanation) -> Iterator[Text]:
    """Yield a paper, its five parts, each sentence behind its section, and what was read."""
    paper = explanation.paper
    yield paper_text("[1]", paper)
    for part in explanation.parts:
        yield Text(f"\n{part.name}", style="bold")
        if not part.sentences:
            yield Text(f"  {explanation.unsaid}", style="dim")
        for evidence in part.sentences:
            yield Text(f"  {evidence.section or 'Abstract'}: “{evidence.sentence}” [1]")
    yield Text(f"\n{explanation.read}", style="dim")
    if explanation.is_whole and paper.arxiv_id:
        url = full_text_url(paper.arxiv_id)
        yield Text(url, style=f"cyan link {url}")


def comparison_heading(comparison: Comparison) -> Iterator[Text]:
    """Yield the papers that are compared, and an empty line."""
    for n, paper in enumerate(comparison.papers, start=1):
        yield paper_text(f"[{n}]", paper)
        if paper.abstract_source == "summary":
            yield Text("   quoted from Paperboy's summary of it", style="dim")
    yield Text()


def comparison_table(comparison: Comparison) -> Table:
    """Return a table with a column per paper and a row per aspect."""
    columns = [Column(Text(name), ratio=1) for name in _column_names(comparison)]
    table = Table("", *columns, show_lines=True)
    for aspect, quotes in comparison.rows:
        table.add_row(aspect, *(Text(quote) for quote in quotes))
    return table


def comparison_lines(comparison: Comparison) -> Iterator[Text]:
    """Yield the same table for a pipe: each aspect, then one line per paper."""
    names = _column_names(comparison)
    for aspect, quotes in comparison.rows:
        yield Text(aspect)
        for name, quote in zip(names, quotes, strict=True):
            yield Text(f"  {name}: {f'“{quote}”' if quote else ''}".rstrip())


def _column_names(comparison: Comparison) -> list[str]:
    papers = enumerate(comparison.papers, start=1)
    return [f"[{n}] {shorten(short_name(paper), MAX_NAME)}" for n, paper in papers]


def digest_lines(digest: Digest) -> Iterator[Text]:
    """Yield a digest's note, its topics with their ranks, and its papers by rank."""
    if digest.note:
        yield Text(digest.note)
    if len(digest.groups) > 1:
        for group in digest.groups:
            ranks = ", ".join(str(entry.rank) for entry in group.entries)
            yield Text(f"  {group.name}: {ranks}", style="dim")
    for entry in digest.ranked:
        yield paper_text(f"{entry.rank}.", entry.paper)
        if entry.tldr:
            yield Text(f"   {shorten(entry.tldr, MAX_TLDR)}")


def trend_lines(trend: Trend) -> Iterator[Text]:
    """Yield a topic's weeks as bars, the newest last, then its figures."""
    weeks = trend.weeks[-MAX_WEEKS:]
    most = max((week.about for week in weeks), default=0)
    for week in weeks:
        bar = "█" * round(BAR * week.about / most) if most else ""
        figure = f"{week.about} of {week.read}" if week.read else "nothing read"
        yield Text(f"{week.first}  {bar}{' ' if bar else ''}{figure}")
    yield Text(str(trend))
    yield Text(METHOD, style="dim")
