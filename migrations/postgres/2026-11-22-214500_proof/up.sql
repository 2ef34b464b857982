-- The proof of votes: a chain of entries for each vote on an amendment, what the server knows of
-- its own absences, and refusals of every change to what is frozen.

-- While a vote is open: the key and the sum of the commitment to its ballots. The close erases the
-- key, so that nothing in the chain leads to a ballot afterwards. NULL in advisory polls and in
-- votes that were opened before chains were kept.
ALTER TABLE polls ADD COLUMN ballot_key TEXT;
ALTER TABLE polls ADD COLUMN ballot_sum TEXT;
-- The sum that the newest entry of the chain holds.
ALTER TABLE polls ADD COLUMN sealed_sum TEXT;

-- hash = SHA-256(hash of the entry before, line break, entry_json).
CREATE TABLE chain_entries (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('opening', 'ballots', 'restored', 'closing')),
    entry_json TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (poll_id, position)
);

-- When each serving process said last that it lives.
CREATE TABLE heartbeats (
    process TEXT PRIMARY KEY NOT NULL,
    started_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL
);

-- When the server was down, its clock wrong, or its data put back from a backup.
CREATE TABLE incidents (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('down', 'clock', 'restored')),
    began_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX incidents_by_time ON incidents (began_at);

-- What froze at the opening of a vote stays; the result of a closed one stays.

-- A refusal with its reason as the argument; OLD and NEW decide in the functions below.
CREATE FUNCTION caucus_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'frozen: %', TG_ARGV[0]; END $$;

CREATE FUNCTION caucus_refuse_in_opened_poll() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE poll TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN poll := NEW.poll_id; ELSE poll := OLD.poll_id; END IF;
    IF EXISTS (SELECT 1 FROM polls WHERE id = poll AND roll_fingerprint IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION caucus_refuse_in_opened_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE amendment TEXT;
BEGIN
    IF TG_OP = 'INSERT' THEN amendment := NEW.amendment_id; ELSE amendment := OLD.amendment_id; END IF;
    IF EXISTS (SELECT 1 FROM amendments WHERE id = amendment AND frozen_hash IS NOT NULL) THEN
        RAISE EXCEPTION 'frozen: the vote is opened';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION caucus_refuse_new_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE poll TEXT;
BEGIN
    IF TG_TABLE_NAME = 'polls' THEN poll := OLD.id; ELSE poll := OLD.poll_id; END IF;
    IF EXISTS (SELECT 1 FROM results WHERE poll_id = poll) THEN
        RAISE EXCEPTION 'frozen: the vote has its result';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER polls_frozen BEFORE UPDATE OF id, actor_id, amendment_id, published_by, question, is_multiple, totals_hidden, language, opens_at, closes_at, roll_size, roll_fingerprint, vote_base, quorum ON polls
FOR EACH ROW WHEN (OLD.roll_fingerprint IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER polls_closed BEFORE UPDATE OF closed_at ON polls
FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the poll is closed');

CREATE TRIGGER polls_counted BEFORE UPDATE OF voters_count ON polls
FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION caucus_refuse_new_totals();

CREATE TRIGGER polls_kept BEFORE DELETE ON polls
FOR EACH ROW WHEN (OLD.roll_fingerprint IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER poll_options_frozen BEFORE UPDATE OF poll_id, position, name ON poll_options
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_poll();

CREATE TRIGGER poll_options_counted BEFORE UPDATE OF total ON poll_options
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_new_totals();

CREATE TRIGGER poll_options_complete BEFORE INSERT ON poll_options
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_poll();

CREATE TRIGGER poll_options_kept BEFORE DELETE ON poll_options
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_poll();

CREATE TRIGGER roll_entries_complete BEFORE INSERT ON roll_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_poll();

CREATE TRIGGER roll_entries_frozen BEFORE UPDATE ON roll_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER roll_entries_kept BEFORE DELETE ON roll_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER amendments_frozen BEFORE UPDATE OF id, document_id, base_version_id, proposer_id, title, summary, values_fit, proposed_at, poll_id, frozen_hash ON amendments
FOR EACH ROW WHEN (OLD.frozen_hash IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER amendments_decided BEFORE UPDATE OF state ON amendments
FOR EACH ROW WHEN ((OLD.state IN ('carried', 'lost') AND NEW.state <> OLD.state) OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'carried', 'lost'))) EXECUTE FUNCTION caucus_refuse('only the tally decides');

CREATE TRIGGER amendments_kept BEFORE DELETE ON amendments
FOR EACH ROW WHEN (OLD.frozen_hash IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the vote is opened');

CREATE TRIGGER amendment_changes_complete BEFORE INSERT ON amendment_changes
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_amendment();

CREATE TRIGGER amendment_changes_frozen BEFORE UPDATE ON amendment_changes
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_amendment();

CREATE TRIGGER amendment_changes_kept BEFORE DELETE ON amendment_changes
FOR EACH ROW EXECUTE FUNCTION caucus_refuse_in_opened_amendment();

CREATE TRIGGER results_frozen BEFORE UPDATE ON results
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('the vote has its result');

CREATE TRIGGER results_kept BEFORE DELETE ON results
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('the vote has its result');

CREATE TRIGGER chain_entries_frozen BEFORE UPDATE ON chain_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('the chain only grows');

CREATE TRIGGER chain_entries_kept BEFORE DELETE ON chain_entries
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('the chain only grows');

CREATE TRIGGER polls_not_emptied BEFORE TRUNCATE ON polls
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');

CREATE TRIGGER roll_entries_not_emptied BEFORE TRUNCATE ON roll_entries
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');

CREATE TRIGGER results_not_emptied BEFORE TRUNCATE ON results
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');

CREATE TRIGGER chain_entries_not_emptied BEFORE TRUNCATE ON chain_entries
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
