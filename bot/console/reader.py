"""Whole papers in the terminal: read where the abstract does not say it, or offered."""

from bot.console.render import reading_line
from bot.console.terminal import Terminal
from ingest.config import IngestConfig
from rag.errors import SourceError
from rag.pipeline import PaperQA
from rag.records import Answer, Question


class Reader:
    """Asks, and reads the paper that the answer needs, if it is asked to or always does."""

    def __init__(
        self, qa: PaperQA, config: IngestConfig, terminal: Terminal, *, is_asked: bool = False
    ) -> None:
        self.qa = qa
        self.config = config
        self.terminal = terminal
        when = config.whole_papers.when
        self.reads = when != "never" and (is_asked or when == "always")
        if is_asked and when == "never":
            terminal.note(
                '--read does nothing: [ingest.whole_papers] when is "never" in config.toml.'
            )

    def ask(self, question: Question) -> Answer:
        """Return the quoted answer. If the paper cannot be read, that of its abstract, and why."""
        answer = self.qa.ask(question)
        if not (self.reads and self._may_read(answer)):
            return answer
        from ingest.read_paper import answer_from_paper  # with all that fetches and parses

        try:
            return answer_from_paper(self.qa, answer, self.config)
        except SourceError as error:
            self.terminal.warn(f"The paper itself was not read: {error}")
            return answer

    def offer(self, answer: Answer) -> None:
        """Print how to read the paper that may say it better, unless that was tried."""
        if answer.silent_paper and not self.reads and self._may_read(answer):
            self.terminal.print(reading_line(answer.silent_paper))

    def _may_read(self, answer: Answer) -> bool:
        paper = answer.silent_paper
        return paper is not None and self.config.whole_papers.may_read(paper)
