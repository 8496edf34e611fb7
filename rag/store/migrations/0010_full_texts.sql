-- Whole papers that were read, each with when it was last used for an answer. UTC.
CREATE TABLE full_texts (
    paper INTEGER PRIMARY KEY REFERENCES papers (id) ON DELETE CASCADE,
    paragraphs INTEGER NOT NULL,
    etag TEXT NOT NULL,
    read_at TEXT NOT NULL,
    used_at TEXT NOT NULL
);

-- Their passages in order, with vectors (float16). `stored` says whether Chroma has them too.
CREATE TABLE passages (
    passage_id TEXT PRIMARY KEY,
    paper INTEGER NOT NULL REFERENCES full_texts (paper) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    headings TEXT NOT NULL,
    text TEXT NOT NULL,
    caption TEXT NOT NULL,
    is_table INTEGER NOT NULL,
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX passages_by_paper ON passages (paper, position);
CREATE INDEX passages_unstored ON passages (embedder) WHERE stored = 0;

-- Passages that Chroma may still have although they changed or were dropped.
CREATE TABLE stale_passages (
    embedder TEXT NOT NULL,
    passage_id TEXT NOT NULL,
    PRIMARY KEY (embedder, passage_id)
) WITHOUT ROWID;
CREATE TRIGGER passages_deleted AFTER DELETE ON passages BEGIN
    INSERT OR IGNORE INTO stale_passages VALUES (old.embedder, old.passage_id);
END;
