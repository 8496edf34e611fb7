"""Conversations: when to answer a message, and what it refers back to."""

__all__ = [
    "file_questions",
    "mentions",
    "message_facts",
    "message_reader",
    "onboarding",
    "paper_links",
    "policy",
    "reply_chain",
    "shown_lists",
    "store",
    "threads",
]
