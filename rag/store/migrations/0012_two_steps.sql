-- A paper can be found as soon as its abstract is encoded. Until its sentences are encoded as well,
-- sentences_due is 1, and its row has no sentences and the abstract's vector alone.
ALTER TABLE chunk_vectors ADD COLUMN sentences_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX chunk_vectors_due ON chunk_vectors (embedder, paper) WHERE sentences_due = 1;

-- Records that papers agree with, as hashes: reading them again changes nothing as long as the row of
-- the paper stays as it is.
CREATE TABLE read_records (
    record BLOB PRIMARY KEY,
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX read_records_by_paper ON read_records (paper);
CREATE TRIGGER forget_records AFTER UPDATE ON papers BEGIN
    DELETE FROM read_records WHERE paper = new.id;
END;
