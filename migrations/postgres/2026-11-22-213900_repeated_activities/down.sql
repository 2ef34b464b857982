ALTER TABLE inbox_activities DROP COLUMN repeats_after;
ALTER TABLE inbox_activities DROP COLUMN signed_at;
