-- Who leads a cabal is handed over by agreement or decided by a vote of the cabal (C3).

-- How large a part of the base carries a vote; frozen with the rest of the rule.
ALTER TABLE polls ADD COLUMN majority TEXT NOT NULL DEFAULT 'two_thirds' CHECK (majority IN ('two_thirds', 'simple'));
CREATE TRIGGER polls_majority_frozen BEFORE UPDATE OF majority ON polls
FOR EACH ROW WHEN (OLD.roll_fingerprint IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the vote is opened');
CREATE TABLE lead_nominations (
    id TEXT PRIMARY KEY NOT NULL,
    cabal_id TEXT NOT NULL REFERENCES cabals (id),
    nominee_id TEXT NOT NULL REFERENCES members (id),
    called_by TEXT NOT NULL REFERENCES members (id),
    way TEXT NOT NULL CHECK (way IN ('agreement', 'vote')),
    made_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'accepted', 'declined', 'open', 'elected', 'not_elected')),
    -- The vote, once the nominee has accepted one.
    poll_id TEXT UNIQUE REFERENCES polls (id)
);
CREATE INDEX lead_nominations_by_cabal ON lead_nominations (cabal_id, id);
-- One open vote on the lead of a cabal at a time.
CREATE UNIQUE INDEX lead_nominations_open ON lead_nominations (cabal_id) WHERE state = 'open';
