"""Papers in SQLite: the connection, the migrations, the catalogue and keyword search."""
