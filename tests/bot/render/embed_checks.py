"""Sample answers, hostile text, and a check of embeds against Discord's limits and our rules."""

from dataclasses import replace

from rag.records import Answer, Citation, Coverage, Evidence, Paper, Question
from tests.discord_fake import Judge
from tests.papers import HERON, TODAY

COVERAGE = Coverage(4, None, None, 0)
NASTY = (
    "@everyone @here <@1234567890123456789> <@&1234567890123456789> <#123456789012345678> "
    "[a link](https://evil.example/a) [hf](<https://evil.example/b>) https://evil.example/c?d=e "
    "www.evil.example discord.gg/abcdef ```code``` `tick` ||spoiler|| # title\n> quote\n"
    "ftp://evil.example/f HTTPS://EVIL.EXAMPLE/G javascript://x \\`https://evil.example/h\\`"
)


def answer(text: str, *papers: Paper, **changes: object) -> Answer:
    made = Answer(
        question=Question(text="what?"), today=TODAY, standalone="what?", text=text, understood="",
        citations=tuple(Citation(n, paper, "quote") for n, paper in enumerate(papers, start=1)),
        hits=(), evidence=(Evidence(HERON, "quote", 1, 1.0),), refused=False, mode="extractive",
        coverage=COVERAGE, seconds=0.1,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def complaints(embeds: list[object], judge: Judge | None = None) -> list[str]:
    """Return what Discord's limits and our own rules say against a message with these embeds."""
    judge = judge or Judge()
    for embed in embeds:
        body = {
            "embeds": [embed.to_dict()],  # type: ignore[attr-defined]
            "allowed_mentions": {"parse": []},
        }
        judge.look("POST", "/channels/{c}/messages", body)
    return judge.complaints
