ALTER TABLE help_requests DROP COLUMN edited_at;
