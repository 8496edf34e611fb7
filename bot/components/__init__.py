"""Discord components that keep working after a restart, and panels built from them."""
