"""A text names a command: with its slash, or by the words of the terminal."""

import pytest

from rag.query.command_guide import CommandGuide, CommandHelp

GUIDE = CommandGuide(
    (
        CommandHelp("/nest", "bird [tree]", "Show the nest of a bird.", (("bird", "Its name."),)),
        CommandHelp("/nest-box", "", "Build one."),
        CommandHelp("/ring", "", "Rings of birds.", (("add", "Add one."), ("list", "List them."))),
        CommandHelp("/ring add", "number", "Add one."),
    )
)
TERMINAL = CommandGuide(
    (CommandHelp("paperboy nest", "bird", "Show it."), CommandHelp("paperboy ring add", "", "Add."))
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("what does /nest do?", ["/nest"]),
        ("/NEST", ["/nest"]),
        ("is /nest-box like /nest?", ["/nest-box", "/nest"]),
        ("how do I use /ring add?", ["/ring add"]),
        ("“/ring”, was ist das?", ["/ring"]),
        ("the /nests of herons", []),
        ("a nest and/or ring, or tree/nest", []),
        ("see https://birds.example/nest and ~/nest", []),
        ("/nest/box", []),
        ("/nest_2", []),
        ("paperboy nest", []),
    ],
)
def test_commands_are_named_with_a_slash(text: str, names: list[str]) -> None:
    assert [command.name for command in GUIDE.named_in(text)] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("/nest", ["paperboy nest"]),
        ("what is /ring add for?", ["paperboy ring add"]),
        ("explain `paperboy nest`", ["paperboy nest"]),
        ("Paperboy, nest", []),
        ("paperboy nest of herons", []),
    ],
)
def test_the_terminals_commands_are_named_by_both(text: str, names: list[str]) -> None:
    assert [command.name for command in TERMINAL.named_in(text)] == names


def test_a_command_is_described_with_its_options() -> None:
    assert GUIDE.describe("what is /nest?") == (
        "/nest bird [tree]: Show the nest of a bird.\n  bird: Its name."
    )
    assert GUIDE.describe("/ring") == "/ring: Rings of birds.\n  add: Add one.\n  list: List them."
    assert GUIDE.describe("what is a nest?") == ""
    assert CommandGuide().describe("what is /nest?") == ""
