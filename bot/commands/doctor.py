"""`paperboy doctor`: is everything well, and if not, what cures it."""

import typer

from bot.commands.options import Json, app_of
from bot.console.doctor import examine
from bot.console.terminal import Terminal


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Check the installation and the data folder; every failing check says its cure."""
    terminal = Terminal()
    checks = list(examine(app_of(context)))
    if as_json:
        terminal.rows(
            {"check": c.name, "ok": c.ok, "detail": c.detail, "cure": c.cure} for c in checks
        )
    else:
        for check in checks:
            terminal.print(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
            if check.cure:
                terminal.print(f"     → {check.cure}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
