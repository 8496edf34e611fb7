-- When each host was asked, or will be: a row is a turn that a process has taken. Seconds since 1970.
CREATE TABLE turns (host TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX turns_by_host ON turns (host, at);

-- Hosts that wanted to be left alone, and until when.
CREATE TABLE pauses (host TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;

-- What each page of a list said when its papers were last stored, to ask only for changes.
CREATE TABLE pages (
    address TEXT PRIMARY KEY,
    etag TEXT NOT NULL,
    records INTEGER NOT NULL
) WITHOUT ROWID;

-- Lists that were read to their end, and on which day.
CREATE TABLE lists (
    name TEXT PRIMARY KEY,
    read_at REAL NOT NULL,
    records INTEGER NOT NULL
) WITHOUT ROWID;
