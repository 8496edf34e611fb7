-- Which papers a message listed without a question (a digest, a search), in the order of their
-- numbers: a later question may point at "number 3".
CREATE TABLE shown_lists (
    message INTEGER PRIMARY KEY,  -- Discord's id of the bot's message
    channel INTEGER NOT NULL,     -- or thread
    person  INTEGER NOT NULL,     -- who saw it; 0: a digest in a channel, for nobody in particular
    papers  TEXT NOT NULL         -- a JSON list of their ids
);
CREATE INDEX shown_lists_by_channel ON shown_lists (channel, message);
