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

CREATE TRIGGER polls_frozen BEFORE UPDATE OF id, actor_id, amendment_id, published_by, question, is_multiple,
    totals_hidden, language, opens_at, closes_at, roll_size, roll_fingerprint, vote_base, quorum ON polls
WHEN OLD.roll_fingerprint IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER polls_closed BEFORE UPDATE OF closed_at ON polls
WHEN OLD.closed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the poll is closed'); END;

CREATE TRIGGER polls_counted BEFORE UPDATE OF voters_count ON polls
WHEN OLD.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

CREATE TRIGGER polls_kept BEFORE DELETE ON polls
WHEN OLD.roll_fingerprint IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER poll_options_frozen BEFORE UPDATE OF poll_id, position, name ON poll_options
WHEN (SELECT roll_fingerprint FROM polls WHERE id = OLD.poll_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER poll_options_counted BEFORE UPDATE OF total ON poll_options
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

CREATE TRIGGER poll_options_complete BEFORE INSERT ON poll_options
WHEN (SELECT roll_fingerprint FROM polls WHERE id = NEW.poll_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER poll_options_kept BEFORE DELETE ON poll_options
WHEN (SELECT roll_fingerprint FROM polls WHERE id = OLD.poll_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER roll_entries_complete BEFORE INSERT ON roll_entries
WHEN (SELECT roll_fingerprint FROM polls WHERE id = NEW.poll_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER roll_entries_frozen BEFORE UPDATE ON roll_entries
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER roll_entries_kept BEFORE DELETE ON roll_entries
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER amendments_frozen BEFORE UPDATE OF id, document_id, base_version_id, proposer_id, title, summary,
    values_fit, proposed_at, poll_id, frozen_hash ON amendments
WHEN OLD.frozen_hash IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER amendments_decided BEFORE UPDATE OF state ON amendments
WHEN (OLD.state IN ('carried', 'lost') AND NEW.state <> OLD.state)
    OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'carried', 'lost'))
BEGIN SELECT RAISE(ABORT, 'frozen: only the tally decides'); END;

CREATE TRIGGER amendments_kept BEFORE DELETE ON amendments
WHEN OLD.frozen_hash IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER amendment_changes_complete BEFORE INSERT ON amendment_changes
WHEN (SELECT frozen_hash FROM amendments WHERE id = NEW.amendment_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER amendment_changes_frozen BEFORE UPDATE ON amendment_changes
WHEN (SELECT frozen_hash FROM amendments WHERE id = OLD.amendment_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER amendment_changes_kept BEFORE DELETE ON amendment_changes
WHEN (SELECT frozen_hash FROM amendments WHERE id = OLD.amendment_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

CREATE TRIGGER results_frozen BEFORE UPDATE ON results
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

CREATE TRIGGER results_kept BEFORE DELETE ON results
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

CREATE TRIGGER chain_entries_frozen BEFORE UPDATE ON chain_entries
BEGIN SELECT RAISE(ABORT, 'frozen: the chain only grows'); END;

CREATE TRIGGER chain_entries_kept BEFORE DELETE ON chain_entries
BEGIN SELECT RAISE(ABORT, 'frozen: the chain only grows'); END;
