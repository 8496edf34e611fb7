-- Whether the digests of an announcement channel are published to the servers that follow it.
ALTER TABLE subscriptions ADD COLUMN publish INTEGER NOT NULL DEFAULT 0;

-- The messages of a digest that are still to be published: a JSON list of their ids.
ALTER TABLE outbox ADD COLUMN unpublished TEXT NOT NULL DEFAULT '[]';
-- When that is tried next, in UTC; NULL: there is nothing to publish (any more).
ALTER TABLE outbox ADD COLUMN publish_at TEXT;
