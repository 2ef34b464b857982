-- Every vote with a roll is proven alike: votes on who leads a cabal get a result and a record too.

-- SQLite cannot make a column optional, so the table is made anew; whatever names it goes first.
DROP TRIGGER results_frozen;
DROP TRIGGER results_kept;
DROP TRIGGER polls_counted;
DROP TRIGGER poll_options_counted;
CREATE TABLE results_new (
    poll_id TEXT PRIMARY KEY NOT NULL REFERENCES polls (id),
    -- The amendment that was voted on; none when the vote decided who leads a cabal.
    amendment_id TEXT UNIQUE REFERENCES amendments (id),
    votes_for INTEGER NOT NULL,
    votes_against INTEGER NOT NULL,
    votes_abstain INTEGER NOT NULL,
    roll_size INTEGER NOT NULL,
    is_carried BOOLEAN NOT NULL,
    -- The result Note that replies to the Question.
    post_id TEXT NOT NULL REFERENCES posts (id),
    -- Canonical JSON of the published record and its SHA-256 (A13).
    record_json TEXT NOT NULL,
    record_sha256 TEXT NOT NULL,
    version_id TEXT REFERENCES document_versions (id),
    closed_at TIMESTAMP NOT NULL,
    -- The record without the ballots: what the minutes tell. Empty for records of the first kinds.
    minutes_json TEXT NOT NULL DEFAULT ''
);
INSERT INTO results_new (poll_id, amendment_id, votes_for, votes_against, votes_abstain, roll_size, is_carried, post_id,
        record_json, record_sha256, version_id, closed_at)
    SELECT poll_id, amendment_id, votes_for, votes_against, votes_abstain, roll_size, is_carried, post_id,
        record_json, record_sha256, version_id, closed_at
    FROM results;
DROP TABLE results;
ALTER TABLE results_new RENAME TO results;

CREATE TRIGGER results_frozen BEFORE UPDATE ON results
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER results_kept BEFORE DELETE ON results
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER polls_counted BEFORE UPDATE OF voters_count ON polls
WHEN OLD.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER poll_options_counted BEFORE UPDATE OF total ON poll_options
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

-- What was counted stays as it was counted.
CREATE TRIGGER ballots_complete BEFORE INSERT ON ballots
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = NEW.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER ballots_frozen BEFORE UPDATE ON ballots
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER ballots_kept BEFORE DELETE ON ballots
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER poll_voters_complete BEFORE INSERT ON poll_voters
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = NEW.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER poll_voters_frozen BEFORE UPDATE ON poll_voters
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER poll_voters_kept BEFORE DELETE ON poll_voters
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER chain_entries_ended BEFORE INSERT ON chain_entries
WHEN EXISTS (SELECT 1 FROM chain_entries WHERE poll_id = NEW.poll_id AND kind = 'closing')
BEGIN SELECT RAISE(ABORT, 'frozen: the chain ends with the close'); END;

-- One more reason: a vote that this server could not read. SQLite cannot change a CHECK, so the table is
-- made anew.
CREATE TABLE uncounted_votes_new (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    reason TEXT NOT NULL CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option', 'on_hold', 'failed')),
    total INTEGER NOT NULL,
    PRIMARY KEY (poll_id, reason)
);
INSERT INTO uncounted_votes_new SELECT poll_id, reason, total FROM uncounted_votes;
DROP TABLE uncounted_votes;
ALTER TABLE uncounted_votes_new RENAME TO uncounted_votes;

-- Late votes are counted on, and never fewer.
CREATE TRIGGER uncounted_votes_grow BEFORE UPDATE ON uncounted_votes
WHEN (NEW.total < OLD.total OR NEW.poll_id <> OLD.poll_id OR NEW.reason <> OLD.reason)
    AND EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER uncounted_votes_kept BEFORE DELETE ON uncounted_votes
WHEN EXISTS (SELECT 1 FROM results WHERE poll_id = OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

-- Who backed an amendment when its vote opened.
CREATE TRIGGER backings_complete BEFORE INSERT ON backings
WHEN (SELECT frozen_hash FROM amendments WHERE id = NEW.amendment_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
CREATE TRIGGER backings_frozen BEFORE UPDATE OF amendment_id, member_id, backed_at ON backings
WHEN (SELECT frozen_hash FROM amendments WHERE id = OLD.amendment_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
CREATE TRIGGER backings_kept BEFORE DELETE ON backings
WHEN (SELECT frozen_hash FROM amendments WHERE id = OLD.amendment_id) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;

-- What stood beside the ballot (A14).
CREATE TRIGGER objections_complete BEFORE INSERT ON objections
WHEN (SELECT state FROM amendments WHERE id = NEW.amendment_id) IN ('carried', 'lost')
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER objections_frozen BEFORE UPDATE ON objections
WHEN (SELECT state FROM amendments WHERE id = OLD.amendment_id) IN ('carried', 'lost')
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;
CREATE TRIGGER objections_kept BEFORE DELETE ON objections
WHEN (SELECT state FROM amendments WHERE id = OLD.amendment_id) IN ('carried', 'lost')
BEGIN SELECT RAISE(ABORT, 'frozen: the vote has its result'); END;

-- Who is voted on (C3).
CREATE TRIGGER lead_nominations_frozen BEFORE UPDATE OF id, cabal_id, nominee_id, called_by, way, made_at, poll_id ON lead_nominations
WHEN OLD.poll_id IS NOT NULL AND (NEW.id <> OLD.id OR NEW.cabal_id <> OLD.cabal_id OR NEW.nominee_id <> OLD.nominee_id
    OR NEW.called_by <> OLD.called_by OR NEW.way <> OLD.way OR NEW.made_at <> OLD.made_at OR NEW.poll_id IS NOT OLD.poll_id)
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
CREATE TRIGGER lead_nominations_decided BEFORE UPDATE OF state ON lead_nominations
WHEN (OLD.state IN ('elected', 'not_elected') AND NEW.state <> OLD.state)
    OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'elected', 'not_elected'))
BEGIN SELECT RAISE(ABORT, 'frozen: only the tally decides'); END;
CREATE TRIGGER lead_nominations_kept BEFORE DELETE ON lead_nominations
WHEN OLD.poll_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'frozen: the vote is opened'); END;
