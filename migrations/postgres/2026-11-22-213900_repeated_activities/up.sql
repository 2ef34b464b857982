-- When an activity was signed, by the clock of its sender, and after which such moment an activity
-- of the same id may have an effect again (SG-11).
ALTER TABLE inbox_activities ADD COLUMN signed_at TIMESTAMP;
ALTER TABLE inbox_activities ADD COLUMN repeats_after TIMESTAMP;
