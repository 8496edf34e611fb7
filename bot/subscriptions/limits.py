"""What a subscription may hold, as `--help` shows it without loading anything."""

MAX_PAPERS = 25  # in a digest
MAX_ENTRIES = 15  # topics, authors or organisations
MAX_ENTRY = 80  # characters of each
WHEN_EXAMPLE = "daily 9:00 Europe/Berlin, or weekly monday 18:30 UTC, or monthly 8:00 UTC"
