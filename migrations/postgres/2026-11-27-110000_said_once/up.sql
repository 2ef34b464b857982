-- What was told to somebody and is not told again: only a hash of what, to whom and about what.
CREATE TABLE said_once (
    key_hash TEXT PRIMARY KEY NOT NULL,
    said_at TIMESTAMP NOT NULL
);
CREATE INDEX said_once_by_time ON said_once (said_at);
