"""One line in the log for each question: where, how, how fast; its words only where asked for."""

import logging

from bot.answers.reply_target import Reply
from rag.records import Answer

log = logging.getLogger(__name__)


def log_question(
    reply: Reply, question: str, answer: Answer | None, *, seconds: float, with_text: bool
) -> None:
    """Note a question and what became of it; `answer` is None where it failed.

    Who asked is not noted.
    """
    if answer is None:
        result = "failed=yes"
    else:
        refused = "yes" if answer.refused else "no"
        result = f"mode={answer.mode} refused={refused} papers={len(answer.citations)}"
    words = f" text={question!r}" if with_text else ""
    log.info(
        "question server=%s channel=%s by=%s %s seconds=%.2f%s",
        reply.guild_id or "-", reply.channel_id, reply.kind, result, seconds, words,
    )  # fmt: skip
