-- While the index of another embedding model is built, a paper has the vectors of both.
DROP TRIGGER vectors_stored;
DROP TRIGGER vectors_deleted;
ALTER TABLE chunk_vectors RENAME TO old_chunk_vectors;
DROP INDEX chunk_vectors_unstored;
CREATE TABLE chunk_vectors (
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
    text_hash TEXT NOT NULL,
    embedder TEXT NOT NULL,
    sentences TEXT NOT NULL,
    vectors BLOB NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (paper, embedder)
);
INSERT INTO chunk_vectors SELECT paper, text_hash, embedder, sentences, vectors, stored
    FROM old_chunk_vectors;
DROP TABLE old_chunk_vectors;
CREATE INDEX chunk_vectors_unstored ON chunk_vectors (embedder) WHERE stored = 0;
CREATE TRIGGER vectors_stored AFTER INSERT ON chunk_vectors BEGIN
    UPDATE catalog_version SET number = number + 1;
END;
CREATE TRIGGER vectors_deleted AFTER DELETE ON chunk_vectors BEGIN
    UPDATE catalog_version SET number = number + 1;
END;

-- The chunks of each embedder are in collections of their own.
ALTER TABLE stale_chunks RENAME TO old_stale_chunks;
CREATE TABLE stale_chunks (
    embedder TEXT NOT NULL,
    chunk_id TEXT NOT NULL,
    PRIMARY KEY (embedder, chunk_id)
) WITHOUT ROWID;
INSERT INTO stale_chunks SELECT embedder, chunk_id FROM old_stale_chunks,
    (SELECT embedder FROM chunk_vectors UNION SELECT 'all-MiniLM-L6-v2' AS embedder);
DROP TABLE old_stale_chunks;
