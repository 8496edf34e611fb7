"""The commands of the bot, and which of them a text names: "what does /daily do?"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.text.words import STOPWORDS, words

# What else a question may say that names a command by its words alone: "paperboy daily".
_ASKING = frozenset(
    "argument arguments command commands describe explain help mean means option options "
    "parameter parameters please tell work works".split()
)
MAX_COMMANDS = 3  # described in one answer


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """A command as people type it ("/ask", "paperboy ask"), what follows it, and what it does.

    `options` are its options, of a group its commands, each with a description.
    """

    name: str
    usage: str
    description: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The command with its description; the options are subordinate lines."""
        lines = [f"{' '.join(filter(None, (self.name, self.usage)))}: {self.description}"]
        return "\n".join([*lines, *(f"  {name}: {said}" for name, said in self.options)])


@dataclass(slots=True)
class CommandGuide:
    """The commands that people can use here; none until somebody says which."""

    commands: Sequence[CommandHelp] = field(default_factory=tuple)

    def named_in(self, text: str) -> list[CommandHelp]:
        """Return the commands that a text names with a slash, in its order.

        Those of the terminal also by "paperboy", if the text says nothing else than to ask.
        """
        if not self.commands or not ("/" in text or "paperboy" in text.casefold()):
            return []
        by_name = {command.name: command for command in self.commands}
        found: dict[str, CommandHelp] = {}
        for match in _pattern(tuple(by_name)).finditer(text):
            name = " ".join(match[0].casefold().split())
            if not name.startswith("/") and not _only_asks(text.replace(match[0], " ")):
                continue
            known = by_name.get(name) or by_name[f"paperboy {name.removeprefix('/')}"]
            found[known.name] = known
        return list(found.values())

    def describe(self, text: str) -> str:
        """Return what the commands do that a text names; "" if it names none."""
        return "\n".join(command.text for command in self.named_in(text)[:MAX_COMMANDS])


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Return what matches the commands: the longest name first, a slash also for "paperboy"."""
    forms = {*names, *(name.replace("paperboy ", "/", 1) for name in names)}
    longest = sorted(forms, key=len, reverse=True)
    alternatives = "|".join(r"\s+".join(map(re.escape, form.split())) for form in longest)
    return re.compile(rf"(?<![\w/.:~-])(?:{alternatives})(?![\w/]|-\w)", re.IGNORECASE)


def _only_asks(text: str) -> bool:
    return all(word in STOPWORDS or word in _ASKING for word in words(text))
