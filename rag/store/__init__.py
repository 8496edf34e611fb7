"""Papers in SQLite: connection, migrations, catalogue, keyword search; their snapshot in memory."""

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
