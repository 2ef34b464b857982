-- A row that is changed must not come to belong to something frozen either.
DROP TRIGGER poll_options_frozen;
CREATE TRIGGER poll_options_frozen BEFORE UPDATE OF poll_id, position, name ON poll_options
WHEN EXISTS (SELECT 1 FROM polls WHERE id IN (OLD.poll_id, NEW.poll_id) AND roll_fingerprint IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
DROP TRIGGER amendment_changes_frozen;
CREATE TRIGGER amendment_changes_frozen BEFORE UPDATE ON amendment_changes
WHEN EXISTS (SELECT 1 FROM amendments WHERE id IN (OLD.amendment_id, NEW.amendment_id) AND frozen_hash IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
DROP TRIGGER backings_frozen;
CREATE TRIGGER backings_frozen BEFORE UPDATE OF amendment_id, member_id, backed_at ON backings
WHEN EXISTS (SELECT 1 FROM amendments WHERE id IN (OLD.amendment_id, NEW.amendment_id) AND frozen_hash IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
DROP TRIGGER objections_frozen;
CREATE TRIGGER objections_frozen BEFORE UPDATE ON objections
WHEN EXISTS (SELECT 1 FROM amendments WHERE id IN (OLD.amendment_id, NEW.amendment_id) AND state IN ('carried', 'lost'))
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
DROP TRIGGER ballots_frozen;
CREATE TRIGGER ballots_frozen BEFORE UPDATE ON ballots
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id IN (OLD.poll_id, NEW.poll_id))
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
DROP TRIGGER poll_voters_frozen;
CREATE TRIGGER poll_voters_frozen BEFORE UPDATE ON poll_voters
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id IN (OLD.poll_id, NEW.poll_id))
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
DROP TRIGGER uncounted_votes_grow;
CREATE TRIGGER uncounted_votes_grow BEFORE UPDATE ON uncounted_votes
WHEN (NEW.total < OLD.total OR NEW.poll_id <> OLD.poll_id OR NEW.reason <> OLD.reason)
    AND EXISTS (SELECT 1 FROM results WHERE poll_id IN (OLD.poll_id, NEW.poll_id))
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
