-- What our actors say in their own words: the progress of a cabal, and what spokespeople say in the
-- name of the community (V1).
CREATE TABLE statements (
    id TEXT PRIMARY KEY NOT NULL REFERENCES posts (id),
    -- In whose name.
    actor_id TEXT NOT NULL REFERENCES local_actors (id),
    published_by TEXT NOT NULL REFERENCES members (id),
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- As whom it was published, and as whom edited last, when the community speaks.
    spoken_as TEXT REFERENCES spokespeople (id),
    edited_as TEXT REFERENCES spokespeople (id)
);
CREATE INDEX statements_by_actor ON statements (actor_id, id);
CREATE INDEX statements_by_speaker ON statements (spoken_as);
CREATE INDEX statements_by_editor ON statements (edited_as);
INSERT INTO statements (id, actor_id, published_by, text, language, published_at, updated_at)
    SELECT id, cabal_id, published_by, text, language, published_at, updated_at FROM progress_updates;
DROP TABLE progress_updates;

-- What spokespeople did in the name of the community: public.
CREATE TABLE spokesperson_log (
    id TEXT PRIMARY KEY NOT NULL,
    spokesperson_id TEXT NOT NULL REFERENCES spokespeople (id),
    act TEXT NOT NULL CHECK (act IN ('published', 'edited', 'withdrew')),
    post_id TEXT NOT NULL REFERENCES posts (id),
    at TIMESTAMP NOT NULL
);
CREATE INDEX spokesperson_log_by_spokesperson ON spokesperson_log (spokesperson_id);
