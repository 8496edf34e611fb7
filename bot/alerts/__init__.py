"""Papers whose upvotes take off, and where that is told."""
