-- Whoever was told that a vote opens on a day relies on it: until then it does not open, also when the
-- announcement was taken back meanwhile.
ALTER TABLE amendments ADD COLUMN not_before TIMESTAMP;
UPDATE amendments SET not_before = opens_at;
