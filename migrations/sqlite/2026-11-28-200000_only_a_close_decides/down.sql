DROP TRIGGER polls_closed;
CREATE TRIGGER polls_closed BEFORE UPDATE OF closed_at ON polls
WHEN OLD.closed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the poll is closed'); END;

DROP TRIGGER amendments_decided;
CREATE TRIGGER amendments_decided BEFORE UPDATE OF state ON amendments
WHEN (OLD.state IN ('carried', 'lost') AND NEW.state <> OLD.state)
    OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'carried', 'lost'))
BEGIN SELECT RAISE(ABORT, 'frozen: only the tally decides'); END;

DROP TRIGGER lead_nominations_decided;
CREATE TRIGGER lead_nominations_decided BEFORE UPDATE OF state ON lead_nominations
WHEN (OLD.state IN ('elected', 'not_elected') AND NEW.state <> OLD.state)
    OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'elected', 'not_elected'))
BEGIN SELECT RAISE(ABORT, 'frozen: only the tally decides'); END;
