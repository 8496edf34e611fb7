-- Every question is searched for names of organisations.
CREATE INDEX papers_by_organization ON papers (organization);
-- Every answer gives the number of papers and their days.
CREATE INDEX papers_by_featured_and_published ON papers (featured_on, published_on);
