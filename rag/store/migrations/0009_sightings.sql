-- What arXiv says beside the abstract, and when a source last described the paper (NULL: a file
-- that did not say).
ALTER TABLE papers ADD COLUMN comment TEXT;
ALTER TABLE papers ADD COLUMN seen_at TEXT;

-- A paper in the lists of two days in a row, around midnight, belongs to the first.
DELETE FROM featured_days WHERE EXISTS (
    SELECT 1 FROM featured_days AS before
    WHERE before.paper = featured_days.paper AND before.day = date(featured_days.day, '-1 day')
);
