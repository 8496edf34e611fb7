-- The papers that an answer cites, in order, as a JSON list of their ids: a later question may
-- point at "the second one". NULL: not known.
ALTER TABLE conversations ADD COLUMN cited TEXT;
