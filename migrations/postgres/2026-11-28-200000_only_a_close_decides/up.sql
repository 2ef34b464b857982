-- What was put to a vote is decided by the close of the vote and by nothing before it; a vote with a roll is closed
-- when its time is over and not earlier. A close that finds another state than its own may still put it right.

DROP TRIGGER polls_closed ON polls;
CREATE TRIGGER polls_closed BEFORE UPDATE OF closed_at ON polls
FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL OR (OLD.roll_fingerprint IS NOT NULL AND NEW.closed_at < OLD.closes_at))
EXECUTE FUNCTION caucus_refuse('a poll is closed once, at its end');

CREATE FUNCTION caucus_refuse_undecided_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('carried', 'lost')
        OR EXISTS (SELECT 1 FROM results WHERE amendment_id = OLD.id)
        OR NOT EXISTS (SELECT 1 FROM polls WHERE amendment_id = OLD.id AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: only the close of the vote decides';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER amendments_decided ON amendments;
CREATE TRIGGER amendments_decided BEFORE UPDATE OF state ON amendments
FOR EACH ROW WHEN (OLD.state IN ('open', 'carried', 'lost') AND NEW.state <> OLD.state)
EXECUTE FUNCTION caucus_refuse_undecided_amendment();

CREATE FUNCTION caucus_refuse_undecided_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('elected', 'not_elected')
        OR EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
        OR NOT EXISTS (SELECT 1 FROM polls WHERE id = OLD.poll_id AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: only the close of the vote decides';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER lead_nominations_decided ON lead_nominations;
CREATE TRIGGER lead_nominations_decided BEFORE UPDATE OF state ON lead_nominations
FOR EACH ROW WHEN (OLD.state IN ('open', 'elected', 'not_elected') AND NEW.state <> OLD.state)
EXECUTE FUNCTION caucus_refuse_undecided_lead();
