-- Up to which featured day each person has seen the Daily Papers, in each server.
CREATE TABLE seen (
    server INTEGER NOT NULL,      -- 0: in direct messages
    person INTEGER NOT NULL,
    day TEXT NOT NULL,
    looked_at TEXT NOT NULL,      -- a day's list grows while the day lasts
    PRIMARY KEY (server, person)
) WITHOUT ROWID;

-- Where it was asked; NULL in direct messages. The hourly limits are counted from this after a
-- restart.
ALTER TABLE conversations ADD COLUMN server INTEGER;
