-- The catalogue of papers. Chroma holds only data that can be rebuilt from here.
CREATE TABLE papers (
    id INTEGER PRIMARY KEY,
    paper_id TEXT NOT NULL UNIQUE,
    arxiv_id TEXT UNIQUE,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    abstract TEXT NOT NULL,
    abstract_source TEXT NOT NULL CHECK (abstract_source IN ('abstract', 'summary')),
    authors TEXT NOT NULL DEFAULT '[]',
    author_count INTEGER,
    organization TEXT,
    published_on TEXT,
    featured_on TEXT,
    upvotes INTEGER,
    comment_count INTEGER,
    tldr TEXT,
    keywords TEXT NOT NULL DEFAULT '[]',
    code_url TEXT,
    project_url TEXT,
    text_hash TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX papers_by_title ON papers (title_key);
CREATE INDEX papers_by_day ON papers (COALESCE(featured_on, published_on));
CREATE INDEX papers_by_publication ON papers (published_on);

-- A paper can be featured on more than one day.
CREATE TABLE featured_days (
    day TEXT NOT NULL,
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
    PRIMARY KEY (day, paper)
) WITHOUT ROWID;

-- Stemmed terms of title (twice) and abstract, written in the paper's own transaction.
CREATE VIRTUAL TABLE keyword_index USING fts5 (terms, tokenize = 'unicode61', columnsize = 1);
CREATE VIRTUAL TABLE keyword_terms USING fts5vocab (keyword_index, 'row');

-- One row per paper: its sentences and the vectors of its chunks (float16, row 0 the abstract).
-- `stored` says whether Chroma has them too.
CREATE TABLE chunk_vectors (
    paper INTEGER PRIMARY KEY REFERENCES papers (id) ON DELETE CASCADE,
    text_hash TEXT NOT NULL,
    embedder TEXT NOT NULL,
    sentences TEXT NOT NULL,
    vectors BLOB NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX chunk_vectors_unstored ON chunk_vectors (stored) WHERE stored = 0;

-- Chunks that Chroma may still have although their paper changed or was deleted.
CREATE TABLE stale_chunks (chunk_id TEXT PRIMARY KEY) WITHOUT ROWID;

-- Records that did not fit, with the reason.
CREATE TABLE set_aside (
    source TEXT NOT NULL,
    record TEXT NOT NULL,
    reason TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (source, record)
) WITHOUT ROWID;
