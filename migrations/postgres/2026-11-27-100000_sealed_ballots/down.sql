DROP TABLE vote_senders;
ALTER TABLE polls ADD COLUMN ballot_key TEXT;
ALTER TABLE polls ADD COLUMN ballot_sum TEXT;
ALTER TABLE polls ADD COLUMN sealed_sum TEXT;
ALTER TABLE ballot_links DROP COLUMN received_at;
ALTER TABLE ballot_links DROP COLUMN nonce;
