DELETE FROM uncounted_votes WHERE reason = 'on_hold';
ALTER TABLE uncounted_votes DROP CONSTRAINT uncounted_votes_reason_check;
ALTER TABLE uncounted_votes ADD CONSTRAINT uncounted_votes_reason_check
    CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option'));
ALTER TABLE linked_actors DROP COLUMN held_at;
ALTER TABLE remote_actors DROP COLUMN published;
ALTER TABLE remote_actors DROP COLUMN heard_at;
