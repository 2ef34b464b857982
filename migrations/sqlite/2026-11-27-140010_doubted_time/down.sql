ALTER TABLE inbox_activities DROP COLUMN claimed_at;
ALTER TABLE incidents DROP COLUMN process;
ALTER TABLE heartbeats DROP COLUMN seen_at;
ALTER TABLE heartbeats DROP COLUMN claimed_at;
ALTER TABLE heartbeats DROP COLUMN doubted_since;
