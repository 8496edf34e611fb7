-- When whole papers were requested, so that a day's limit holds after a restart. Seconds since 1970.
CREATE TABLE whole_paper_requests (at REAL NOT NULL);
