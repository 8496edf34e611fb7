-- Until a paper of a large ingest is encoded, sentences_due is 2, and the abstract's vector is an
-- estimate. The encoded one replaces it by an update, which whoever remembers vectors must notice.
DROP INDEX chunk_vectors_due;
CREATE INDEX chunk_vectors_due ON chunk_vectors (embedder, paper) WHERE sentences_due > 0;
CREATE TRIGGER note_vectors_encoded AFTER UPDATE OF vectors ON chunk_vectors
WHEN old.sentences_due = 2
BEGIN
    DELETE FROM paper_changes WHERE paper = new.paper;
    INSERT INTO paper_changes (paper) VALUES (new.paper);
END;
