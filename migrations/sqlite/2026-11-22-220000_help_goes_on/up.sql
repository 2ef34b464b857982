-- How help goes on after it was asked for (H3 to H5): renewal, words of helpers, credits.

-- An open request lapses 30 days after this moment.
ALTER TABLE help_requests ADD COLUMN renewed_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
UPDATE help_requests SET renewed_at = published_at;
CREATE INDEX help_requests_by_renewal ON help_requests (state, renewed_at);

-- When something was last heard of an accepted offer, and since when its offerer is asked.
ALTER TABLE offers ADD COLUMN word_at TIMESTAMP;
ALTER TABLE offers ADD COLUMN asked_at TIMESTAMP;
ALTER TABLE offers ADD COLUMN freed_at TIMESTAMP;
ALTER TABLE offers ADD COLUMN done_at TIMESTAMP;
-- The hash of the secret in the private link of an offer by the web form.
ALTER TABLE offers ADD COLUMN secret_hash TEXT;
UPDATE offers SET word_at = answered_at WHERE state = 'accepted';
UPDATE offers SET done_at = answered_at WHERE state = 'done';
CREATE INDEX offers_by_word ON offers (state, word_at);
CREATE UNIQUE INDEX offers_by_secret ON offers (secret_hash);

-- Public thanks, with the consent of the one thanked (H5). The id is that of the post.
CREATE TABLE credits (
    id TEXT PRIMARY KEY NOT NULL REFERENCES posts (id),
    cabal_id TEXT NOT NULL REFERENCES cabals (id),
    help_request_id TEXT NOT NULL REFERENCES help_requests (id),
    offer_id TEXT NOT NULL UNIQUE REFERENCES offers (id),
    actor_url TEXT,
    name TEXT NOT NULL,
    given_at TIMESTAMP NOT NULL
);
CREATE INDEX credits_by_cabal ON credits (cabal_id, id);
CREATE INDEX credits_by_request ON credits (help_request_id, id);
CREATE INDEX credits_by_actor ON credits (actor_url);

-- Whether somebody wishes to be thanked by name: asked once, remembered.
CREATE TABLE credit_consents (
    actor_url TEXT PRIMARY KEY NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('asked', 'yes', 'no')),
    -- The post that asked.
    post_id TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP
);
