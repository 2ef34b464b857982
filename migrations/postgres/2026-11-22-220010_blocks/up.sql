-- Servers and accounts elsewhere that stewards blocked (K2). The subject is a host in canonical
-- spelling, or the URL of an actor.
CREATE TABLE blocks (
    subject TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('server', 'account')),
    blocked_by TEXT NOT NULL REFERENCES members (id),
    blocked_at TIMESTAMP NOT NULL
);
-- True for every known actor that a block is about, so that queries need not compare hosts.
ALTER TABLE remote_actors ADD COLUMN is_blocked BOOLEAN NOT NULL DEFAULT FALSE;
