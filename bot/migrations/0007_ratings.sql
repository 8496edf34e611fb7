-- What people think of papers: 👍, 👎, and 🔖 for a paper that they want to find again.
CREATE TABLE ratings (
    person INTEGER NOT NULL,
    server INTEGER NOT NULL,  -- where it was given; 0: in a direct message
    paper  TEXT NOT NULL,     -- its paper_id at that time
    kind   TEXT NOT NULL CHECK (kind IN ('like', 'dislike', 'save')),
    given_at TEXT NOT NULL,
    PRIMARY KEY (person, server, paper, kind)
) WITHOUT ROWID;
CREATE INDEX ratings_by_server ON ratings (server, paper);
