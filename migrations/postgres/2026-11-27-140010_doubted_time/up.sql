-- A process whose clock is in doubt says so with its heartbeat: since when, and what its clock claims.
ALTER TABLE heartbeats ADD COLUMN doubted_since TIMESTAMP;
ALTER TABLE heartbeats ADD COLUMN claimed_at TIMESTAMP;
-- When the heartbeat came, by the clock of the database where several processes share one.
ALTER TABLE heartbeats ADD COLUMN seen_at TIMESTAMP;

-- Whose clock was in doubt: it ends with that process.
ALTER TABLE incidents ADD COLUMN process TEXT;

-- What the clock claimed when an activity came in, while it was in doubt: whether a vote in it was
-- late is decided when the time is known.
ALTER TABLE inbox_activities ADD COLUMN claimed_at TIMESTAMP;
