ALTER TABLE members DROP COLUMN password_given_at;
