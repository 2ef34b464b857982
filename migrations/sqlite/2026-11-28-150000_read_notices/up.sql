-- When a member said that they had read it. What was told before members could say so counts as read.
ALTER TABLE member_notices ADD COLUMN read_at TIMESTAMP;
UPDATE member_notices SET read_at = told_at;
-- Every page of a member counts what is new for them.
CREATE INDEX member_notices_new ON member_notices (member_id) WHERE read_at IS NULL;
