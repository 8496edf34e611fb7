-- The texts as they were received, where cleaning changed them.
ALTER TABLE papers ADD COLUMN raw_title TEXT;
ALTER TABLE papers ADD COLUMN raw_abstract TEXT;

-- The number of the rules by which the texts were cleaned: see rag/store/cleaning.py.
CREATE TABLE cleaning (number INTEGER NOT NULL);
INSERT INTO cleaning VALUES (0);
