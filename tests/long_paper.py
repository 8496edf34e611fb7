"""A long paper in Hugging Face's form, joined from the papers of tests/questions."""

from pathlib import Path

from ingest.sources.full_text import parse_full_text
from rag.full_text.records import TextPassage, section_number

FOLDER = Path(__file__).parent / "questions" / "full_text_more"
BANNER = "HTML conversions sometimes display errors due to content that did not convert correctly."


def long_paper(arxiv_id: str, kilobytes: int) -> tuple[str, list[str]]:
    """Return a paper of about so many kilobytes with references and an appendix, and its headings.

    Each formula stands twice in a row, as arXiv's pages have them.
    """
    body: list[str] = []
    headings: list[str] = []
    last, size = "", 0
    passages = [
        passage
        for file in sorted(FOLDER.glob("[0-9]*.md"))
        for passage in parse_full_text(file.read_bytes(), file.stem).passages
    ]
    round_number = 0
    while size < 1000 * kilobytes - 20_000:
        round_number += 1
        for passage in passages:
            named = passage.headings[-1]
            if named != last:
                last = named
                title = named.removeprefix(section_number(named)).strip(" .:")
                headings.append(f"{len(headings) + 1} {title} {round_number}")
                body.append(f"## {headings[-1]}")
            body.append(_markdown(passage))
            size += len(body[-1].encode()) + 60
    references = [
        f"*   A. One and B. Two ({2000 + n % 25}) A study of subject {n}. Journal {n}, 1–{n}."
        for n in range(1, 251)
    ]
    head = [
        f"Title: {kilobytes} Kilobytes about Everything",
        f"URL Source: https://arxiv.org/html/{arxiv_id}",
        "Published Time: Mon, 01 Dec 2025 00:00:00 GMT",
        f"Markdown Content:\n{BANNER}",
        "###### Abstract",
        "We join what was said elsewhere, and we measure how long it takes to read.",
    ]
    tail = ["## References", "\n".join(references), "## Appendix A Settings", "The seed is 17."]
    headings.append("Appendix A Settings")
    return "\n\n".join([*head, *body, *tail]), headings


def _markdown(passage: TextPassage) -> str:
    if not passage.is_table:
        return f"{passage.text} The loss ℒ=0.5\\mathcal{{L}}=0.5 is kept."
    rows = [[cell.strip() for cell in row.split(";")] for row in passage.text.split("\n")]
    width = max(map(len, rows))
    filled = [row + [""] * (width - len(row)) for row in rows]
    columns = [f"c{n}" for n in range(width)]
    lines = [columns, ["---"] * width, *filled]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
