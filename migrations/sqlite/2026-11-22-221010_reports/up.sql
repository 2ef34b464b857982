-- What other servers reported to us (K2): for stewards to read, nothing follows by itself.
CREATE TABLE reports (
    id TEXT PRIMARY KEY NOT NULL,
    reporter_actor TEXT NOT NULL,
    -- JSON array of URLs of ours.
    about TEXT NOT NULL,
    words TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    settled_by TEXT REFERENCES members (id),
    settled_at TIMESTAMP
);
CREATE INDEX reports_by_reporter ON reports (reporter_actor, received_at);
CREATE INDEX reports_open ON reports (settled_at, id);
