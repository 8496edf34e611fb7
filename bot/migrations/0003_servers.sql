-- What those who manage a server chose in /setup: a JSON object of what differs from config.toml.
CREATE TABLE server_settings (server INTEGER PRIMARY KEY, settings TEXT NOT NULL);
