DROP TRIGGER roll_entries_complete ON roll_entries;
DROP TRIGGER ballots_complete ON ballots;
DROP TRIGGER ballots_frozen ON ballots;
DROP TRIGGER ballots_not_moved_in ON ballots;
DROP TRIGGER ballots_kept ON ballots;
DROP TRIGGER poll_voters_complete ON poll_voters;
DROP TRIGGER poll_voters_frozen ON poll_voters;
DROP TRIGGER poll_voters_not_moved_in ON poll_voters;
DROP TRIGGER poll_voters_kept ON poll_voters;
DROP FUNCTION caucus_refuse_rows_in_opened_poll();
DROP FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER roll_entries_complete BEFORE INSERT ON roll_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_poll();
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

CREATE OR REPLACE FUNCTION caucus_refuse_in_opened_poll() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE poll TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN poll := NEW.poll_id; ELSE poll := OLD.poll_id; END IF;
    IF EXISTS (SELECT 1 FROM polls WHERE id = poll AND roll_fingerprint IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION caucus_refuse_in_opened_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE amendment TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN amendment := NEW.amendment_id; ELSE amendment := OLD.amendment_id; END IF;
    IF EXISTS (SELECT 1 FROM amendments WHERE id = amendment AND frozen_hash IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION caucus_refuse_after_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE amendment TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN amendment := NEW.amendment_id; ELSE amendment := OLD.amendment_id; END IF;
    IF EXISTS (SELECT 1 FROM amendments WHERE id = amendment AND state IN ('carried', 'lost')) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION caucus_refuse_after_result() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE poll TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN poll := NEW.poll_id; ELSE poll := OLD.poll_id; END IF;
    IF EXISTS (SELECT 1 FROM results WHERE poll_id = poll) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
