-- One row for every alert of a server: told once, or the reason why it was not.
CREATE TABLE alerts (
    server  INTEGER NOT NULL,
    paper   TEXT NOT NULL,     -- its paper_id
    channel INTEGER NOT NULL,
    embed   TEXT NOT NULL,     -- JSON of what is told, so that a retry tells the same
    found_at TEXT NOT NULL,    -- UTC, as all times here
    tried_at TEXT,             -- when the sending began; NULL: it has not
    message INTEGER,           -- Discord's id of the message, once it is known to be sent
    reason  TEXT NOT NULL DEFAULT '',  -- why it was given up; '' otherwise
    PRIMARY KEY (server, paper)
) WITHOUT ROWID;
