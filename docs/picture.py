"""Draw docs/terminal.svg from real answers: python docs/picture.py DATA_DIR."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.app import open_library
from bot.console.render import answer_lines
from bot.console.terminal import Terminal
from rag.config import RagConfig
from rag.pipeline import PaperQA
from rag.records import Question, Turn

QUESTIONS = (
    "which paper uses an overuse penalty, and what for?",
    "what does LaV-CoT gain over models of the same size?",
    "what came out in September 2025?",
    "what's the weather in Berlin tomorrow?",
)
COLUMNS = 100


def main(data_dir: Path) -> None:
    """Ask the questions, and save the terminal's output as a picture."""
    terminal = Terminal()
    terminal.out = Console(record=True, width=COLUMNS, force_terminal=True, highlight=False)
    library = open_library(data_dir, RagConfig())
    qa = PaperQA(library, RagConfig(), today=lambda: datetime.now(UTC).date())
    history: list[Turn] = []
    for question in QUESTIONS:
        terminal.print(Text(f"> {question}", style="bold green"))
        answer = qa.ask(Question(text=question, history=tuple(history)))
        terminal.lines(answer_lines(answer))
        terminal.print()
        history.append(Turn.of(answer))
    library.close()
    picture = terminal.out.export_svg(title="paperboy chat")
    # Rich links to a web font; the viewer's own monospace font will do.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    target = Path(__file__).with_name("terminal.svg")
    target.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
