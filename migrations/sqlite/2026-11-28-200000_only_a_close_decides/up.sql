-- What was put to a vote is decided by the close of the vote and by nothing before it; a vote with a roll is closed
-- when its time is over and not earlier. A close that finds another state than its own may still put it right.

DROP TRIGGER polls_closed;
CREATE TRIGGER polls_closed BEFORE UPDATE OF closed_at ON polls
WHEN OLD.closed_at IS NOT NULL OR (OLD.roll_fingerprint IS NOT NULL AND NEW.closed_at < OLD.closes_at)
BEGIN SELECT RAISE(ABORT, 'frozen: a poll is closed once, at its end'); END;

DROP TRIGGER amendments_decided;
CREATE TRIGGER amendments_decided BEFORE UPDATE OF state ON amendments
WHEN OLD.state IN ('open', 'carried', 'lost') AND NEW.state <> OLD.state AND (
    NEW.state NOT IN ('carried', 'lost')
    OR EXISTS (SELECT 1 FROM results WHERE amendment_id = OLD.id)
    OR NOT EXISTS (SELECT 1 FROM polls WHERE amendment_id = OLD.id AND closed_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'frozen: only the close of the vote decides'); END;

DROP TRIGGER lead_nominations_decided;
CREATE TRIGGER lead_nominations_decided BEFORE UPDATE OF state ON lead_nominations
WHEN OLD.state IN ('open', 'elected', 'not_elected') AND NEW.state <> OLD.state AND (
    NEW.state NOT IN ('elected', 'not_elected')
    OR EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
    OR NOT EXISTS (SELECT 1 FROM polls WHERE id = OLD.poll_id AND closed_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'frozen: only the close of the vote decides'); END;
