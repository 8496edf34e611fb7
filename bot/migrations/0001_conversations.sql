-- What was asked where, so that a reply to an answer goes on with it, also after a restart.
CREATE TABLE conversations (
    message INTEGER PRIMARY KEY,  -- Discord's id of the bot's answer
    channel INTEGER NOT NULL,     -- or thread
    person  INTEGER NOT NULL,     -- who asked
    earlier INTEGER,              -- the answer that this question went on from
    question TEXT NOT NULL,
    asked_at TEXT NOT NULL
);
CREATE INDEX conversations_by_channel ON conversations (channel, message);

-- Small facts that the bot remembers about itself.
CREATE TABLE bot_state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
