"""Papers in SQLite: the connection, the migrations, the catalogue and keyword search."""

__all__ = [
    "archive",
    "backups",
    "catalog",
    "cleaning",
    "database",
    "faults",
    "keywords",
    "lookup",
    "migrations",
    "private_files",
    "queries",
    "rows",
    "snapshot",
    "snapshots",
    "term_variants",
    "upsert",
]
