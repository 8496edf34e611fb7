"""Language models of a megabyte and a moment, for tests."""
