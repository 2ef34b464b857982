-- Who works at the command line of the server need not be a member who is known there.
ALTER TABLE steward_log ALTER COLUMN member_id DROP NOT NULL;

-- A token that a steward made has no voice in votes until its member confirms it (V-54).
ALTER TABLE api_tokens ADD COLUMN is_confirmed BOOLEAN NOT NULL DEFAULT TRUE;
