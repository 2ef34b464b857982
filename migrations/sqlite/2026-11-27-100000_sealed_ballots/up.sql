-- Each ballot is committed to with a random number of its own instead of one key for the whole
-- vote: an old copy of the database then tells nothing of ballots that were cast later (A12).
ALTER TABLE ballot_links ADD COLUMN nonce TEXT NOT NULL DEFAULT '';
-- When the vote behind the ballot was received: an older one that arrives later changes nothing (A6).
ALTER TABLE ballot_links ADD COLUMN received_at TIMESTAMP;
-- Votes that are open at this moment go on: their key becomes the number of each of their ballots.
UPDATE ballot_links SET nonce = COALESCE((SELECT p.ballot_key FROM polls p WHERE p.id = ballot_links.poll_id), '');
-- Also of those who left meanwhile; nothing leads to them.
INSERT INTO ballot_links (poll_id, voter, receipt, nonce)
    SELECT b.poll_id, 'left:' || b.receipt, b.receipt, p.ballot_key
    FROM ballots b JOIN polls p ON p.id = b.poll_id
    WHERE p.closed_at IS NULL AND p.ballot_key IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM ballot_links l WHERE l.poll_id = b.poll_id AND l.receipt = b.receipt);
-- The newest entry of the chain holds the sum; a second copy of it would only be one more to forge.
ALTER TABLE polls DROP COLUMN ballot_key;
ALTER TABLE polls DROP COLUMN ballot_sum;
ALTER TABLE polls DROP COLUMN sealed_sum;

-- Every actor elsewhere who sent a vote while a poll was open, whatever came of it: each gets the
-- final Update (A8). Destroyed at the close.
CREATE TABLE vote_senders (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    actor_url TEXT NOT NULL,
    -- The id of their newest vote at its home: the same one again changes nothing.
    vote_id TEXT NOT NULL,
    -- Whether a member's ballot came through this actor: the person is in the tally then, and not
    -- in the soundings (A10).
    is_voter BOOLEAN NOT NULL,
    PRIMARY KEY (poll_id, actor_url)
) WITHOUT ROWID;
INSERT INTO vote_senders (poll_id, actor_url, vote_id, is_voter)
    SELECT DISTINCT v.poll_id, v.actor_url, '', TRUE FROM poll_voters v JOIN polls p ON p.id = v.poll_id
    WHERE p.closed_at IS NULL AND v.actor_url IS NOT NULL;
INSERT INTO vote_senders (poll_id, actor_url, vote_id, is_voter)
    SELECT s.poll_id, s.actor_url, '', FALSE FROM soundings s
    WHERE NOT EXISTS (SELECT 1 FROM vote_senders v WHERE v.poll_id = s.poll_id AND v.actor_url = s.actor_url);
-- From now on an actor stands beside a voter in advisory polls only, where it keeps the first ballot.
UPDATE poll_voters SET actor_url = NULL
    WHERE poll_id IN (SELECT id FROM polls WHERE roll_fingerprint IS NOT NULL);
