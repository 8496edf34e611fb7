-- A window of days is read from this index alone, without the papers' long rows.
CREATE INDEX papers_by_days ON papers (published_on, featured_on, paper_id);
