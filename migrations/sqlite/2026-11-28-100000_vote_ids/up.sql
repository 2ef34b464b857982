-- Every vote that came from elsewhere, and not the newest of each actor only: one that was dealt with changes
-- nothing when it is sent again, whatever came after it (A6).
CREATE TABLE vote_senders_new (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    actor_url TEXT NOT NULL,
    -- The id of a vote of theirs at its home: the same one again changes nothing.
    vote_id TEXT NOT NULL,
    -- Whether a member's ballot came through this actor: the person is in the tally then, and not
    -- in the soundings (A10).
    is_voter BOOLEAN NOT NULL,
    PRIMARY KEY (poll_id, actor_url, vote_id)
) WITHOUT ROWID;
INSERT INTO vote_senders_new (poll_id, actor_url, vote_id, is_voter)
    SELECT poll_id, actor_url, vote_id, is_voter FROM vote_senders;
DROP TABLE vote_senders;
ALTER TABLE vote_senders_new RENAME TO vote_senders;
