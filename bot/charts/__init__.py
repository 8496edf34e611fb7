"""Pictures as PNG, each with a text that says what is seen."""
