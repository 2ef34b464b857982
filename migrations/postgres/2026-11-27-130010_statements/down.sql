DROP TABLE spokesperson_log;
CREATE TABLE progress_updates (
    id TEXT PRIMARY KEY NOT NULL REFERENCES posts (id),
    cabal_id TEXT NOT NULL REFERENCES cabals (id),
    published_by TEXT NOT NULL REFERENCES members (id),
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX progress_updates_by_cabal ON progress_updates (cabal_id, id);
INSERT INTO progress_updates
    SELECT id, actor_id, published_by, text, language, published_at, updated_at FROM statements WHERE spoken_as IS NULL;
DROP TABLE statements;
