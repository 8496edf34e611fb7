"""The commands of `paperboy`, one file a subject; bot.cli puts them together."""
