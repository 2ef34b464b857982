-- A row that is changed must not come to belong to something frozen either. An INSERT has no OLD and a DELETE no NEW;
-- both read as NULL then, which is no id.
CREATE OR REPLACE FUNCTION caucus_refuse_in_opened_poll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM polls WHERE id IN (OLD.poll_id, NEW.poll_id) AND roll_fingerprint IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION caucus_refuse_in_opened_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM amendments WHERE id IN (OLD.amendment_id, NEW.amendment_id) AND frozen_hash IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION caucus_refuse_after_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM amendments WHERE id IN (OLD.amendment_id, NEW.amendment_id) AND state IN ('carried', 'lost')) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION caucus_refuse_after_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM results WHERE poll_id IN (OLD.poll_id, NEW.poll_id)) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

-- The opening and the close write as many rows as there are members, so these tables are looked at once for each
-- statement. The rows that it touched are in the table "touched".
CREATE FUNCTION caucus_refuse_rows_in_opened_poll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM polls WHERE id IN (SELECT poll_id FROM touched) AND roll_fingerprint IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION caucus_refuse_rows_after_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM results WHERE poll_id IN (SELECT poll_id FROM touched)) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER roll_entries_complete ON roll_entries;
CREATE TRIGGER roll_entries_complete AFTER INSERT ON roll_entries REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_in_opened_poll();

DROP TRIGGER ballots_complete ON ballots;
DROP TRIGGER ballots_frozen ON ballots;
DROP TRIGGER ballots_kept ON ballots;
CREATE TRIGGER ballots_complete AFTER INSERT ON ballots REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER ballots_frozen AFTER UPDATE ON ballots REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER ballots_not_moved_in AFTER UPDATE ON ballots REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER ballots_kept AFTER DELETE ON ballots REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();

DROP TRIGGER poll_voters_complete ON poll_voters;
DROP TRIGGER poll_voters_frozen ON poll_voters;
DROP TRIGGER poll_voters_kept ON poll_voters;
CREATE TRIGGER poll_voters_complete AFTER INSERT ON poll_voters REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER poll_voters_frozen AFTER UPDATE ON poll_voters REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER poll_voters_not_moved_in AFTER UPDATE ON poll_voters REFERENCING NEW TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
CREATE TRIGGER poll_voters_kept AFTER DELETE ON poll_voters REFERENCING OLD TABLE AS touched
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse_rows_after_result();
