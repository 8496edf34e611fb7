"""Answers in Discord: shown, streamed, stored, and finished after a restart."""

__all__ = [
    "buttons",
    "feedback",
    "in_flight",
    "message",
    "receipts",
    "record",
    "recovery",
    "request_log",
    "service",
    "whole_papers",
]
