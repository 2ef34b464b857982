ALTER TABLE amendments DROP COLUMN not_before;
