"""Whether a message is meant for the bot, and what was said before it."""
