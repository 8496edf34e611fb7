"""A page to read quoted and written answers side by side: one file, without scripts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from bot.console.readability import unreadable
from bot.console.side_by_side import Figures, Pair, comparison_lines
from rag.answering.writer import NOTES
from rag.records import Answer

# Nothing is fetched and nothing runs, whatever a model or an abstract says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
article { border-top: 1px solid #8888; margin-top: 2rem; }
.sides { display: grid; gap: 1rem; }
@media (min-width: 50rem) { .sides { grid-auto-columns: 1fr; grid-auto-flow: column; } }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
h2 { font-size: 1.15rem; }
h3, .why, ul { font-size: 0.85rem; }
h3 { margin: 0.5rem 0; text-transform: uppercase; letter-spacing: 0.05em; opacity: 0.7; }
ul { padding-left: 1.2rem; }
.why { font-weight: bold; }
pre { overflow-x: auto; }
"""


def pairs_page(
    pairs: Sequence[Pair], figures: Mapping[str, Mapping[str, Figures]], *, model: str
) -> str:
    """Return the HTML of the page: the figures, then every question with its answers."""
    table = "\n".join(comparison_lines(figures))
    title = f"Quoted and written answers: {model}"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<pre>{escape(table)}</pre>",
            *(line for pair in pairs for line in _article(pair)),
            "</body></html>",
            "",
        )
    )


def _article(pair: Pair) -> Iterator[str]:
    label = " · ".join(filter(None, (str(pair.item.get("id") or ""), pair.kind)))
    yield f"<article><h2>{escape(pair.quoted.question.text)}</h2>"
    yield f'<p class="why">{escape(f"{label}: {_outcome(pair)}")}</p><div class="sides">'
    yield from _side(f"quoted, {pair.quoted.seconds:.1f} s", pair.quoted.text, pair.quoted)
    if pair.replaced:
        yield from _side(f"shown, {pair.final.seconds:.1f} s", pair.final.text, pair.final)
    if pair.raw:
        yield from _side("as the model wrote it", pair.raw)
    yield "</div></article>"


def _outcome(pair: Pair) -> str:
    """Return what became of the written answer, in a sentence."""
    if not pair.asked:
        return "The model is not asked about this."
    if pair.stayed:
        return f"{pair.stayed}. {pair.final.note or NOTES.get(pair.stayed, '')}"
    why = unreadable(pair.written) if pair.written else ""
    said = "The written answer is shown" + (f", but unreadable ({why})." if why else ".")
    return f"{said} {pair.final.note}".rstrip()


def _side(heading: str, text: str, answer: Answer | None = None) -> Iterator[str]:
    yield f'<section><h3>{escape(heading)}</h3><p class="text">{escape(text)}</p>'
    if answer and answer.citations:
        yield from _sources(answer)
    yield "</section>"


def _sources(answer: Answer) -> Iterable[str]:
    yield "<ul>"
    for citation in answer.citations:
        link = f'<a href="{escape(citation.paper.url)}">{escape(citation.paper.title)}</a>'
        yield f"<li>[{citation.n}] {link}</li>"
    yield "</ul>"
