-- Every vote that came from elsewhere, and not the newest of each actor only: one that was dealt with changes
-- nothing when it is sent again, whatever came after it (A6).
ALTER TABLE vote_senders DROP CONSTRAINT vote_senders_pkey;
ALTER TABLE vote_senders ADD PRIMARY KEY (poll_id, actor_url, vote_id);
