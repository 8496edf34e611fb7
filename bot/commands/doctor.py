"""`paperboy doctor`: check the installation and the data folder, and name a cure."""

import typer

from bot.commands.options import Json, app_of


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Check the installation and the data folder; each failed check names a cure."""
    from bot.actions import doctor as action

    if not action.doctor(app_of(context), as_json=as_json):
        raise typer.Exit(1)
