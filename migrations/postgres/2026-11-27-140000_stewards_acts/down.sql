ALTER TABLE api_tokens DROP COLUMN is_confirmed;
DELETE FROM steward_log WHERE member_id IS NULL;
ALTER TABLE steward_log ALTER COLUMN member_id SET NOT NULL;
