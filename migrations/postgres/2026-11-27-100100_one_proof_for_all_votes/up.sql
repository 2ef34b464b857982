-- Every vote with a roll is proven alike: votes on who leads a cabal get a result and a record too.

-- The amendment that was voted on; none when the vote decided who leads a cabal.
ALTER TABLE results ALTER COLUMN amendment_id DROP NOT NULL;
-- The record without the ballots: what the minutes tell. Empty for records of the first kinds.
ALTER TABLE results ADD COLUMN minutes_json TEXT NOT NULL DEFAULT '';

CREATE FUNCTION caucus_refuse_after_result() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE poll TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN poll := NEW.poll_id; ELSE poll := OLD.poll_id; END IF;
    IF EXISTS (SELECT 1 FROM results WHERE poll_id = poll) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION caucus_refuse_after_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE amendment TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN amendment := NEW.amendment_id; ELSE amendment := OLD.amendment_id; END IF;
    IF EXISTS (SELECT 1 FROM amendments WHERE id = amendment AND state IN ('carried', 'lost')) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION caucus_refuse_after_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM chain_entries WHERE poll_id = NEW.poll_id AND kind = 'closing') THEN
        RAISE EXCEPTION 'frozen: the chain ends with the close';
    END IF;
    RETURN NEW;
END $$;

-- What was counted stays as it was counted.
CREATE TRIGGER ballots_complete BEFORE INSERT ON ballots
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER ballots_frozen BEFORE UPDATE ON ballots
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER ballots_kept BEFORE DELETE ON ballots
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER poll_voters_complete BEFORE INSERT ON poll_voters
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER poll_voters_frozen BEFORE UPDATE ON poll_voters
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER poll_voters_kept BEFORE DELETE ON poll_voters
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER chain_entries_ended BEFORE INSERT ON chain_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_close();

-- One more reason: a vote that this server could not read.
ALTER TABLE uncounted_votes DROP CONSTRAINT uncounted_votes_reason_check;
ALTER TABLE uncounted_votes ADD CONSTRAINT uncounted_votes_reason_check
    CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option', 'on_hold', 'failed'));

-- Late votes are counted on, and never fewer.
CREATE TRIGGER uncounted_votes_grow BEFORE UPDATE ON uncounted_votes
FOR EACH ROW WHEN (NEW.total < OLD.total OR NEW.poll_id <> OLD.poll_id OR NEW.reason <> OLD.reason)
EXECUTE FUNCTION caucus_refuse_after_result();
CREATE TRIGGER uncounted_votes_kept BEFORE DELETE ON uncounted_votes
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_result();

-- Who backed an amendment when its vote opened.
CREATE TRIGGER backings_complete BEFORE INSERT ON backings
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_amendment();
CREATE TRIGGER backings_frozen BEFORE UPDATE OF amendment_id, member_id, backed_at ON backings
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_amendment();
CREATE TRIGGER backings_kept BEFORE DELETE ON backings
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_amendment();

-- What stood beside the ballot (A14).
CREATE TRIGGER objections_complete BEFORE INSERT ON objections
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_decision();
CREATE TRIGGER objections_frozen BEFORE UPDATE ON objections
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_decision();
CREATE TRIGGER objections_kept BEFORE DELETE ON objections
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_after_decision();

-- Who is voted on (C3).
CREATE TRIGGER lead_nominations_frozen BEFORE UPDATE OF id, cabal_id, nominee_id, called_by, way, made_at, poll_id ON lead_nominations
FOR EACH ROW WHEN (OLD.poll_id IS NOT NULL AND (NEW.id <> OLD.id OR NEW.cabal_id <> OLD.cabal_id OR NEW.nominee_id <> OLD.nominee_id
    OR NEW.called_by <> OLD.called_by OR NEW.way <> OLD.way OR NEW.made_at <> OLD.made_at OR NEW.poll_id IS DISTINCT FROM OLD.poll_id))
EXECUTE FUNCTION caucus_refuse('the vote is opened');
CREATE TRIGGER lead_nominations_decided BEFORE UPDATE OF state ON lead_nominations
FOR EACH ROW WHEN ((OLD.state IN ('elected', 'not_elected') AND NEW.state <> OLD.state)
    OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'elected', 'not_elected')))
EXECUTE FUNCTION caucus_refuse('only the tally decides');
CREATE TRIGGER lead_nominations_kept BEFORE DELETE ON lead_nominations
FOR EACH ROW WHEN (OLD.poll_id IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER ballots_not_emptied BEFORE TRUNCATE ON ballots
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
CREATE TRIGGER poll_voters_not_emptied BEFORE TRUNCATE ON poll_voters
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
