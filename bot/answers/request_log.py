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

    The user is not logged. The values are fields of the record, too, for logs in JSON.
    """
    fields: dict[str, object] = {
        # As texts: the ids are too long for the numbers of many programs that read JSON.
        "server": str(reply.guild_id or "") or None,
        "channel": str(reply.channel_id),
        "by": reply.kind,
        "failed": answer is None,
        "seconds": round(seconds, 3),
    }
    if answer is None:
        result = "failed=yes"
    else:
        found = {"mode": answer.mode, "refused": answer.refused, "papers": len(answer.citations)}
        fields |= found
        refused = "yes" if answer.refused else "no"
        result = f"mode={answer.mode} refused={refused} papers={len(answer.citations)}"
    words = ""
    if with_text:
        fields["text"] = without_spoilers(question)
        words = f" text={fields['text']!r}"
    log.info(
        "question server=%s channel=%s by=%s %s seconds=%.2f%s",
        reply.guild_id or "-", reply.channel_id, reply.kind, result, seconds, words,
        extra=fields,
    )  # fmt: skip
