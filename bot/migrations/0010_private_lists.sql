-- Whether only the person saw the list. Of older ones that is unknown, so they count as private.
ALTER TABLE shown_lists ADD COLUMN private INTEGER NOT NULL DEFAULT 1;
