-- Each paper that changed, with a number that only grows: what is computed from the papers' texts,
-- days, organisations and vectors follows by reading the changes since the last one that it knows.
CREATE TABLE paper_changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    paper INTEGER NOT NULL UNIQUE
);

-- Files that were computed from the papers, each with the last change that it knows and the random
-- token that is in the file, too. A file beside a restored database has another token.
CREATE TABLE derived_files (
    name TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    change INTEGER NOT NULL
);

CREATE TRIGGER note_paper_inserted AFTER INSERT ON papers BEGIN
    DELETE FROM paper_changes WHERE paper = new.id;
    INSERT INTO paper_changes (paper) VALUES (new.id);
END;
CREATE TRIGGER note_paper_deleted AFTER DELETE ON papers BEGIN
    DELETE FROM paper_changes WHERE paper = old.id;
    INSERT INTO paper_changes (paper) VALUES (old.id);
END;
CREATE TRIGGER note_paper_changed
AFTER UPDATE OF text_hash, paper_id, featured_on, published_on, organization ON papers
WHEN old.text_hash != new.text_hash OR old.paper_id != new.paper_id
    OR old.featured_on IS NOT new.featured_on OR old.published_on IS NOT new.published_on
    OR old.organization IS NOT new.organization
BEGIN
    DELETE FROM paper_changes WHERE paper = new.id;
    INSERT INTO paper_changes (paper) VALUES (new.id);
END;
CREATE TRIGGER note_vectors_stored AFTER INSERT ON chunk_vectors BEGIN
    DELETE FROM paper_changes WHERE paper = new.paper;
    INSERT INTO paper_changes (paper) VALUES (new.paper);
END;
CREATE TRIGGER note_vectors_deleted AFTER DELETE ON chunk_vectors BEGIN
    DELETE FROM paper_changes WHERE paper = old.paper;
    INSERT INTO paper_changes (paper) VALUES (old.paper);
END;
