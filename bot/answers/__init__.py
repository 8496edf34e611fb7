"""Answers in Discord: shown, streamed, stored, and finished after a restart."""
