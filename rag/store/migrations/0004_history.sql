-- How many upvotes a paper had and when: a row whenever the number was another than before.
CREATE TABLE upvotes (
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
    seen_at TEXT NOT NULL,
    upvotes INTEGER NOT NULL,
    PRIMARY KEY (paper, seen_at)
) WITHOUT ROWID;
INSERT INTO upvotes SELECT id, updated_at, upvotes FROM papers WHERE upvotes IS NOT NULL;

-- Titles that a paper had before: a page saved back then still names it so.
CREATE TABLE old_titles (
    title_key TEXT NOT NULL,
    paper INTEGER NOT NULL REFERENCES papers (id) ON DELETE CASCADE,
    PRIMARY KEY (title_key, paper)
) WITHOUT ROWID;

-- Papers without an arXiv id whose title was searched for in vain, and when.
CREATE TABLE searched_titles (
    paper INTEGER PRIMARY KEY REFERENCES papers (id) ON DELETE CASCADE,
    searched_at TEXT NOT NULL
);
