"""The commands, buttons and events that users meet in Discord, one file per feature."""

__all__: list[str] = []  # the client loads them by name
