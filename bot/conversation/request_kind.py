"""What kind of request a message is, in order to know whether and where to answer it.

(A module of its own, since the cog of messages and shown_lists.py share it.)
"""

from functools import partial

from bot.executor import Executor
from rag.errors import QuestionError
from rag.query.request import Kind


async def request_kind(executor: Executor, text: str) -> Kind:
    """Return the kind of a message that may continue a conversation.

    Nothing waits for the language model. A text that is no question is one about content.
    """
    qa = executor.qa
    understand = partial(qa.query.understand, text, qa.today(), follows=True, again=True)
    try:
        return (await executor.read(understand)).kind
    except QuestionError:
        return "content"
