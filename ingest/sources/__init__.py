"""Where papers come from. Each module parses apart from fetching."""
