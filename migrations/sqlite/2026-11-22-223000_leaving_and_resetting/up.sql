-- One-time links with which a member who forgot the password chooses a new one (AC-11).
CREATE TABLE reset_links (
    token_hash TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX reset_links_by_member ON reset_links (member_id);

-- Hashes of the handles of members who left: nobody can take such a handle again (AC-20).
CREATE TABLE former_handles (
    handle_hash TEXT PRIMARY KEY NOT NULL
);
