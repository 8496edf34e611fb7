"""`paperboy read` and `explain`: one paper, read whole."""

from bot.app import App
from bot.console.render import explanation_lines
from bot.console.terminal import Terminal
from bot.json_rows import explanation_row
from ingest.read_paper import explain_paper, named_paper, read_paper


def read(app: App, paper: str) -> None:
    """Read a whole paper, named by its arXiv id, a link, a name or a title."""
    terminal = Terminal()
    config = app.settings.ingest
    with app.library("paperboy read") as library:
        found = named_paper(library, paper, config, today=app.today())
        terminal.print(str(read_paper(library, found, config)))


def explain(app: App, paper: str, *, as_json: bool) -> None:
    """Explain a paper in five parts, each quoted: what, why, how, results, limits."""
    terminal = Terminal()
    config = app.settings.ingest
    with app.library("paperboy explain") as library:
        found = named_paper(library, paper, config, today=app.today())
        explanation = explain_paper(library, found, config)
    if as_json:
        terminal.rows([explanation_row(explanation)])
    else:
        terminal.lines(explanation_lines(explanation))
