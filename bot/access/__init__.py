"""Who may ask where, and how often."""
