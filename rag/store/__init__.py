"""Papers in SQLite: the connection, the migrations, the catalogue and keyword search."""

__all__ = [
    "catalog",
    "database",
    "keywords",
    "lookup",
    "migrations",
    "queries",
    "rows",
    "term_variants",
    "upsert",
]
