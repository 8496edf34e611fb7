"""Papers outside of answers: fetched on request, searched, suggested and listed."""
