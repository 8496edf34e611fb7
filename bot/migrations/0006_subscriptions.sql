-- Who gets a digest of what, where and when.
CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: it stands in buttons and e-mails
    kind TEXT NOT NULL CHECK (kind IN ('channel', 'person', 'mail')),
    target TEXT NOT NULL,      -- the id of the channel or of the person, or the e-mail address
    person INTEGER NOT NULL,   -- who made it; 0: it was made in a terminal, or they are forgotten
    server INTEGER,            -- where it was made, and in which channel: there the person is told
    channel INTEGER,           -- should a digest not reach them; NULL: in a direct message
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')),
    weekday INTEGER NOT NULL,  -- of a weekly one, 0 Monday … 6 Sunday
    hour INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    timezone TEXT NOT NULL,    -- like Europe/Berlin
    wish TEXT NOT NULL,        -- JSON: topics, authors, organizations, min_upvotes, count
    paused INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',  -- why it is paused, where the person did not do it
    next_due TEXT NOT NULL,    -- UTC; every due time before it is in the outbox
    made_at TEXT NOT NULL
);
CREATE INDEX subscriptions_by_due ON subscriptions (next_due);
CREATE INDEX subscriptions_by_person ON subscriptions (person);

-- One row for every digest that was ever due: sent once, or the reason why it was not.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    day TEXT NOT NULL,         -- the day in the subscription's time zone (or `now …`, see Outbox.add_extra)
    due_at TEXT NOT NULL,      -- UTC, as all times here
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'skipped')),
    reason TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try TEXT NOT NULL,
    nonce TEXT NOT NULL,       -- names its messages: Discord takes a nonce only once
    part INTEGER NOT NULL DEFAULT 0,  -- messages of it that are known to be sent
    claimed_at TEXT,           -- when the sending of the next message began; NULL: it has not
    digest TEXT,               -- JSON of what is being sent, so that a retry sends the same
    covers TEXT,               -- the last day that it tells of
    done_at TEXT,
    UNIQUE (subscription, day)
);
CREATE INDEX outbox_open ON outbox (next_try) WHERE state IN ('pending', 'sending');
