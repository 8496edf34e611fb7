-- Past and future requests to each host: a row is a turn that a process took. Seconds since 1970.
CREATE TABLE turns (host TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX turns_by_host ON turns (host, at);

-- Hosts that asked for a pause, and its end.
CREATE TABLE pauses (host TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;

-- Each page of a list as it was when its papers were last stored, to fetch only changes.
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
