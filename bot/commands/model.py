"""`paperboy model`: fetch, choose and test a language model."""

from typing import Annotated

import typer

from bot.commands.options import Json, app_of

commands = typer.Typer(
    no_args_is_help=True,
    help="Fetch, choose and test a language model that writes answers.",
)


@commands.command("pull")
def pull_command(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="[NAME|hf:REPO/FILE|PATH]", help="Default: the one suggested for this machine."
        ),
    ] = "",
) -> None:
    """Fetch a model from Hugging Face, check it, and use it for answers.

    An interrupted fetch continues where it stopped. An existing file is checked and used in place.

    \b
    paperboy model pull
    paperboy model pull granite-2b
    paperboy model pull hf:unsloth/Qwen3-4B-Instruct-2507-GGUF/Qwen3-4B-Instruct-2507-Q8_0.gguf
    paperboy model pull ~/models/mine.gguf
    """
    from bot.actions import model as action

    action.pull_model(app_of(context), what)


@commands.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """Show the recommended models, what they need, and which are fetched and in use."""
    from bot.actions import model as action

    action.list_models(app_of(context), as_json=as_json)


@commands.command("use")
def use_command(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="A fetched model, any GGUF file, or none.")
    ],
) -> None:
    """Use a fetched model, or any GGUF file, for answers; `none` returns to quoted answers.

    The choice is stored in the data folder. A model in config.toml takes precedence.
    """
    from bot.actions import model as action

    action.use_model(app_of(context), what)


@commands.command("check")
def check_command(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="[NAME|PATH]", help="Default: the model in use.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Test a model in a separate process: speed, memory, context and sha256."""
    from bot.actions import model as action

    action.check_model(app_of(context), what, as_json=as_json)
