-- Who works at the command line of the server need not be a member who is known there.
CREATE TABLE steward_log_anew (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT REFERENCES members (id),
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
INSERT INTO steward_log_anew SELECT id, member_id, act, subject, at FROM steward_log;
DROP TABLE steward_log;
ALTER TABLE steward_log_anew RENAME TO steward_log;

-- A token that a steward made has no voice in votes until its member confirms it (V-54).
ALTER TABLE api_tokens ADD COLUMN is_confirmed BOOLEAN NOT NULL DEFAULT TRUE;
