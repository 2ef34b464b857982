-- When somebody last signed as this actor, and since when its server says that it exists: whoever
-- takes over an abandoned domain can serve new keys under old names (AC-16).
ALTER TABLE remote_actors ADD COLUMN heard_at TIMESTAMP;
ALTER TABLE remote_actors ADD COLUMN published TEXT;
-- Since when a link waits for its member to confirm it.
ALTER TABLE linked_actors ADD COLUMN held_at TIMESTAMP;
-- One more reason. SQLite cannot change a CHECK, so the table is made anew.
CREATE TABLE uncounted_votes_new (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    reason TEXT NOT NULL CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option', 'on_hold')),
    total INTEGER NOT NULL,
    PRIMARY KEY (poll_id, reason)
);
INSERT INTO uncounted_votes_new SELECT poll_id, reason, total FROM uncounted_votes;
DROP TABLE uncounted_votes;
ALTER TABLE uncounted_votes_new RENAME TO uncounted_votes;
