-- Every question looks for organisations that it names.
CREATE INDEX papers_by_organization ON papers (organization);
-- And every answer says how many papers were read and of which days.
CREATE INDEX papers_by_featured_and_published ON papers (featured_on, published_on);
