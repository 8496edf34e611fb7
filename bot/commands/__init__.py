"""The commands of `paperboy`, one file per subject: their arguments and what `--help` says.

What a command does is in the module of the same name in bot.actions, which is imported when the
command runs: `--help` loads nothing but typer.
"""

# bot.cli alone imports these.
__all__ = [
    "ask",
    "backup",
    "catalog",
    "command_help",
    "doctor",
    "evaluate",
    "ingest",
    "model",
    "options",
    "run",
    "subscriptions",
]
