-- When somebody last signed as this actor, and since when its server says that it exists: whoever
-- takes over an abandoned domain can serve new keys under old names (AC-16).
ALTER TABLE remote_actors ADD COLUMN heard_at TIMESTAMP;
ALTER TABLE remote_actors ADD COLUMN published TEXT;
-- Since when a link waits for its member to confirm it.
ALTER TABLE linked_actors ADD COLUMN held_at TIMESTAMP;
-- One more reason.
ALTER TABLE uncounted_votes DROP CONSTRAINT uncounted_votes_reason_check;
ALTER TABLE uncounted_votes ADD CONSTRAINT uncounted_votes_reason_check
    CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option', 'on_hold'));
