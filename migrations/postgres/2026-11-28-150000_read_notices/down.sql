DROP INDEX member_notices_new;
ALTER TABLE member_notices DROP COLUMN read_at;
