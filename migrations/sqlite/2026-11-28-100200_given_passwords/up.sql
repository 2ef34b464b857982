-- When a steward last chose a password for a member or made a link to choose one: who signs in with it
-- may be somebody else, so votes that were open then are not cast with it (V-54).
ALTER TABLE members ADD COLUMN password_given_at TIMESTAMP;
