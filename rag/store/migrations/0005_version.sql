-- A number that grows when any process changes a paper's text, keywords or vectors: values that
-- were computed from them are out of date then.
CREATE TABLE catalog_version (number INTEGER NOT NULL);
INSERT INTO catalog_version VALUES (1);

CREATE TRIGGER paper_inserted AFTER INSERT ON papers BEGIN
    UPDATE catalog_version SET number = number + 1;
END;
CREATE TRIGGER paper_deleted AFTER DELETE ON papers BEGIN
    UPDATE catalog_version SET number = number + 1;
END;
CREATE TRIGGER paper_changed AFTER UPDATE OF text_hash, keywords ON papers
WHEN old.text_hash != new.text_hash OR old.keywords != new.keywords BEGIN
    UPDATE catalog_version SET number = number + 1;
END;
CREATE TRIGGER vectors_stored AFTER INSERT ON chunk_vectors BEGIN
    UPDATE catalog_version SET number = number + 1;
END;
CREATE TRIGGER vectors_deleted AFTER DELETE ON chunk_vectors BEGIN
    UPDATE catalog_version SET number = number + 1;
END;
