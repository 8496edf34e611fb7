-- Where an answer is due, so that of several processes the one that looks after the server finishes
-- it after a restart; NULL: in direct messages.
ALTER TABLE receipts ADD COLUMN server INTEGER;
