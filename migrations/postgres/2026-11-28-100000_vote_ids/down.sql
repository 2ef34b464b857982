DELETE FROM vote_senders s WHERE EXISTS
    (SELECT 1 FROM vote_senders o
     WHERE o.poll_id = s.poll_id AND o.actor_url = s.actor_url AND (o.is_voter, o.vote_id) > (s.is_voter, s.vote_id));
ALTER TABLE vote_senders DROP CONSTRAINT vote_senders_pkey;
ALTER TABLE vote_senders ADD PRIMARY KEY (poll_id, actor_url);
