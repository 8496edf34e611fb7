-- The history of a paper's upvotes: a row for each change.
CREATE TABLE upvotes (
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
    seen_at TEXT NOT NULL,
    upvotes INTEGER NOT NULL,
    PRIMARY KEY (paper, seen_at)
) WITHOUT ROWID;
INSERT INTO upvotes SELECT id, updated_at, upvotes FROM papers WHERE upvotes IS NOT NULL;

-- Former titles of a paper: a page saved earlier may still use them.
CREATE TABLE old_titles (
    title_key TEXT NOT NULL,
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
    PRIMARY KEY (title_key, paper)
) WITHOUT ROWID;

-- Papers without an arXiv id whose title was searched for without a result, and when.
CREATE TABLE searched_titles (
    paper INTEGER PRIMARY KEY REFERENCES papers (id) ON DELETE CASCADE,
    searched_at TEXT NOT NULL
);
