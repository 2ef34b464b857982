DELETE FROM uncounted_votes WHERE reason = 'on_hold';
CREATE TABLE uncounted_votes_old (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    reason TEXT NOT NULL CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option')),
    total INTEGER NOT NULL,
    PRIMARY KEY (poll_id, reason)
);
INSERT INTO uncounted_votes_old SELECT poll_id, reason, total FROM uncounted_votes;
DROP TABLE uncounted_votes;
ALTER TABLE uncounted_votes_old RENAME TO uncounted_votes;
ALTER TABLE linked_actors DROP COLUMN held_at;
ALTER TABLE remote_actors DROP COLUMN published;
ALTER TABLE remote_actors DROP COLUMN heard_at;
