"""Subscriptions to digests: who gets one, where and when; and each delivery."""

__all__ = [
    "assembly",
    "buttons",
    "drawing",
    "email_transport",
    "embeds",
    "form",
    "limits",
    "mail_server",
    "outbox",
    "parsing",
    "records",
    "refresh",
    "schedule",
    "scheduler",
    "service",
    "store",
]
