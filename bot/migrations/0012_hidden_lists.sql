-- Whether a list was asked for with words in a spoiler, so that answers about it hide theirs as well.
ALTER TABLE shown_lists ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
