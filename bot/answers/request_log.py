"""One log line per question: where, how and how fast; its text only on request.

(A module of its own: `paperboy run` sets the level of its logger.)
"""

import logging

from bot.answers.message import Reply
from rag.records import Answer
from rag.text.discord_markup import without_spoilers

log = logging.getLogger(__name__)


def log_question(
    reply: Reply, question: str, answer: Answer | None, *, seconds: float, with_text: bool
) -> None:
    """Log a question and its result; `answer` is None if it failed.

    The user is not logged.
    """
    if answer is None:
        result = "failed=yes"
    else:
        refused = "yes" if answer.refused else "no"
        result = f"mode={answer.mode} refused={refused} papers={len(answer.citations)}"
    words = f" text={without_spoilers(question)!r}" if with_text else ""
    log.info(
        "question server=%s channel=%s by=%s %s seconds=%.2f%s",
        reply.guild_id or "-", reply.channel_id, reply.kind, result, seconds, words,
    )  # fmt: skip
