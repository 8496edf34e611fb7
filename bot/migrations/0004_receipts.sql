-- What each answer was made from, so that its buttons answer after a restart too.
CREATE TABLE receipts (
    message INTEGER PRIMARY KEY,  -- Discord's id of the bot's answer
    channel INTEGER NOT NULL,     -- or thread
    person  INTEGER NOT NULL,     -- who asked
    event   INTEGER UNIQUE,       -- the message or interaction that asked, where it is known
    inquiry TEXT NOT NULL,        -- JSON: what to ask to ask it anew
    receipt TEXT,                 -- JSON: what it was made from; NULL before it is
    unfinished TEXT,              -- JSON: the embeds to show should the bot end now; NULL: finished
    kept_at TEXT NOT NULL
);
CREATE INDEX receipts_by_channel ON receipts (channel, message);
CREATE INDEX receipts_by_age ON receipts (kept_at);
CREATE INDEX receipts_unfinished ON receipts (message) WHERE unfinished IS NOT NULL;

-- What people think of the answers.
CREATE TABLE feedback (
    message INTEGER NOT NULL,
    person  INTEGER NOT NULL,
    liked   INTEGER NOT NULL,     -- 1 thumbs up, 0 thumbs down
    reason  TEXT NOT NULL DEFAULT '',
    given_at TEXT NOT NULL,
    PRIMARY KEY (message, person)
);
