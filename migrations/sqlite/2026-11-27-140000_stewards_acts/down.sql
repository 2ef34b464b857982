ALTER TABLE api_tokens DROP COLUMN is_confirmed;
CREATE TABLE steward_log_anew (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
INSERT INTO steward_log_anew SELECT id, member_id, act, subject, at FROM steward_log WHERE member_id IS NOT NULL;
DROP TABLE steward_log;
ALTER TABLE steward_log_anew RENAME TO steward_log;
