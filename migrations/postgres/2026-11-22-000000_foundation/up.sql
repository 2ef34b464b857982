-- The first schema: every table of the foundation. Portable types only (TEXT, INTEGER, BIGINT,
-- BOOLEAN, TIMESTAMP in UTC), so that both trees say the same; ids are UUIDs as lower-case text.

-- Facts about this installation: public_url, epoch, set-up link hash. One row each.
CREATE TABLE instance_facts (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- Actors that live here. One namespace for all handles.
CREATE TABLE local_actors (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('instance', 'community', 'cabal')),
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    public_key_pem TEXT NOT NULL,
    private_key_pem TEXT NOT NULL,
    followers_count INTEGER NOT NULL DEFAULT 0,
    posts_count INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);

CREATE TABLE members (
    id TEXT PRIMARY KEY NOT NULL,
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    is_steward BOOLEAN NOT NULL DEFAULT FALSE,
    joined_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP
);

CREATE TABLE passwords (
    member_id TEXT PRIMARY KEY NOT NULL REFERENCES members (id),
    hash TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    member_id TEXT REFERENCES members (id),
    form_token TEXT NOT NULL,
    notice TEXT,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_member ON sessions (member_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    member_id TEXT NOT NULL REFERENCES members (id),
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    created_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);

-- Every act of a steward, public, without personal details (K2).
CREATE TABLE steward_log (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);

-- Governing documents: a tree of clauses with stable ids, every version kept whole (A1).
CREATE TABLE documents (
    id TEXT PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    current_version_id TEXT,
    -- What a share is taken of: votes cast, or the roll (A9).
    vote_base TEXT NOT NULL DEFAULT 'cast' CHECK (vote_base IN ('cast', 'roll')),
    quorum INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE document_versions (
    id TEXT PRIMARY KEY NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id),
    number INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    amendment_id TEXT,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (document_id, number)
);

CREATE TABLE document_clauses (
    version_id TEXT NOT NULL REFERENCES document_versions (id),
    clause_id TEXT NOT NULL,
    parent_id TEXT,
    -- Reading order within the whole document, from 0.
    position INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    -- The full number a person cites: 4.1.9. Empty for unnumbered text.
    number TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (version_id, clause_id)
);

-- A member's signature under the documents in force when they joined (J1).
CREATE TABLE signings (
    member_id TEXT NOT NULL REFERENCES members (id),
    document_id TEXT NOT NULL REFERENCES documents (id),
    fingerprint TEXT NOT NULL,
    signed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (member_id, document_id, fingerprint)
);

CREATE TABLE cabals (
    id TEXT PRIMARY KEY NOT NULL REFERENCES local_actors (id),
    purpose TEXT NOT NULL,
    formed_by TEXT NOT NULL REFERENCES members (id),
    formed_at TIMESTAMP NOT NULL,
    last_published_at TIMESTAMP
);
CREATE INDEX cabals_by_former ON cabals (formed_by, formed_at);

CREATE TABLE cabal_members (
    cabal_id TEXT NOT NULL REFERENCES cabals (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    is_lead BOOLEAN NOT NULL DEFAULT FALSE,
    contribution TEXT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP,
    PRIMARY KEY (cabal_id, member_id)
);
CREATE INDEX cabal_members_by_member ON cabal_members (member_id);

CREATE TABLE cabal_log (
    id TEXT PRIMARY KEY NOT NULL,
    cabal_id TEXT NOT NULL REFERENCES cabals (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX cabal_log_by_cabal ON cabal_log (cabal_id, id);

-- Everything our actors published: the object as it is served, whatever its kind.
-- The id is also the id of the row in the table of its kind (help_requests, polls …).
CREATE TABLE posts (
    id TEXT PRIMARY KEY NOT NULL,
    actor_id TEXT NOT NULL REFERENCES local_actors (id),
    kind TEXT NOT NULL CHECK (kind IN ('help_request', 'progress', 'poll', 'answer', 'result', 'notice')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    object_json TEXT NOT NULL,
    in_reply_to TEXT,
    is_pinned BOOLEAN NOT NULL DEFAULT FALSE,
    published_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP,
    deleted_at TIMESTAMP
);
CREATE INDEX posts_by_actor ON posts (actor_id, id);
CREATE INDEX posts_pinned ON posts (actor_id, is_pinned);
CREATE INDEX posts_by_parent ON posts (in_reply_to);

CREATE TABLE help_requests (
    id TEXT PRIMARY KEY NOT NULL REFERENCES posts (id),
    cabal_id TEXT NOT NULL REFERENCES cabals (id),
    published_by TEXT NOT NULL REFERENCES members (id),
    what TEXT NOT NULL,
    -- JSON array of names.
    skills TEXT NOT NULL,
    -- Hours in quarters, from 1 (H1: from 0.25 hours).
    quarter_hours INTEGER NOT NULL CHECK (quarter_hours >= 1),
    deadline TIMESTAMP,
    place TEXT,
    is_remote BOOLEAN NOT NULL DEFAULT FALSE,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'taken', 'done', 'lapsed', 'withdrawn')),
    published_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX help_requests_by_cabal ON help_requests (cabal_id, id);
CREATE INDEX help_requests_by_state ON help_requests (state, id);

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

CREATE TABLE offers (
    id TEXT PRIMARY KEY NOT NULL,
    help_request_id TEXT NOT NULL REFERENCES help_requests (id),
    channel TEXT NOT NULL CHECK (channel IN ('fediverse', 'web')),
    -- Actor URL and id of the reply, for offers from the fediverse.
    offerer_actor TEXT,
    note_id TEXT UNIQUE,
    offerer_name TEXT NOT NULL,
    -- How to reach somebody without a fediverse account. Private (J5).
    contact TEXT,
    content_html TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'declined', 'withdrawn', 'done')),
    received_at TIMESTAMP NOT NULL,
    edited_at TIMESTAMP,
    answered_by TEXT REFERENCES members (id),
    answer_text TEXT,
    answered_at TIMESTAMP
);
CREATE INDEX offers_by_request ON offers (help_request_id, id);
CREATE INDEX offers_by_actor ON offers (offerer_actor);

-- What people wrote to a cabal or the community that is no offer and no vote.
CREATE TABLE messages (
    id TEXT PRIMARY KEY NOT NULL,
    actor_id TEXT NOT NULL REFERENCES local_actors (id),
    sender_actor TEXT NOT NULL,
    note_id TEXT NOT NULL,
    in_reply_to TEXT,
    content_html TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'followers', 'direct')),
    received_at TIMESTAMP NOT NULL,
    edited_at TIMESTAMP,
    deleted_at TIMESTAMP,
    -- One note may be addressed to several of our actors.
    UNIQUE (note_id, actor_id)
);
CREATE INDEX messages_by_actor ON messages (actor_id, id);
CREATE INDEX messages_by_sender ON messages (sender_actor);

CREATE TABLE amendments (
    id TEXT PRIMARY KEY NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id),
    base_version_id TEXT NOT NULL REFERENCES document_versions (id),
    proposer_id TEXT NOT NULL REFERENCES members (id),
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    values_fit TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('seeking_backing', 'backed', 'open', 'carried', 'lost', 'lapsed', 'withdrawn', 'in_conflict')),
    proposed_at TIMESTAMP NOT NULL,
    edited_at TIMESTAMP NOT NULL,
    lapses_at TIMESTAMP NOT NULL,
    -- The poll of its ballot, once opened; its id is the poll's id.
    poll_id TEXT UNIQUE,
    -- Hash over text, rule and times as they froze at the opening (A4).
    frozen_hash TEXT
);
CREATE INDEX amendments_by_state ON amendments (state, lapses_at);
CREATE INDEX amendments_by_document ON amendments (document_id, id);

CREATE TABLE amendment_changes (
    amendment_id TEXT NOT NULL REFERENCES amendments (id),
    clause_id TEXT NOT NULL,
    number TEXT NOT NULL,
    old_text TEXT NOT NULL,
    new_text TEXT NOT NULL,
    PRIMARY KEY (amendment_id, clause_id)
);
CREATE INDEX amendment_changes_by_clause ON amendment_changes (clause_id);

CREATE TABLE backings (
    amendment_id TEXT NOT NULL REFERENCES amendments (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    backed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (amendment_id, member_id)
);

-- Any federated Question: an advisory poll of a cabal, or the ballot of an amendment.
CREATE TABLE polls (
    id TEXT PRIMARY KEY NOT NULL REFERENCES posts (id),
    actor_id TEXT NOT NULL REFERENCES local_actors (id),
    amendment_id TEXT UNIQUE REFERENCES amendments (id),
    published_by TEXT NOT NULL REFERENCES members (id),
    question TEXT NOT NULL,
    is_multiple BOOLEAN NOT NULL,
    totals_hidden BOOLEAN NOT NULL,
    language TEXT NOT NULL,
    opens_at TIMESTAMP NOT NULL,
    closes_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP,
    -- Frozen at the opening, for amendments only (A4, A9).
    roll_size INTEGER,
    roll_fingerprint TEXT,
    vote_base TEXT,
    quorum INTEGER,
    -- How many voters took part so far.
    voters_count INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX polls_due ON polls (closed_at, closes_at);
CREATE INDEX polls_by_actor ON polls (actor_id, id);

-- total is live only while totals are visible; otherwise zero until the close writes it.
CREATE TABLE poll_options (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    total INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (poll_id, position)
);

CREATE TABLE roll_entries (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    member_id TEXT NOT NULL,
    PRIMARY KEY (poll_id, member_id)
);

-- A ballot knows neither its voter nor its time (A12). choices is a bit set over option positions.
CREATE TABLE ballots (
    receipt TEXT PRIMARY KEY NOT NULL,
    poll_id TEXT NOT NULL REFERENCES polls (id),
    choices INTEGER NOT NULL
);
CREATE INDEX ballots_by_poll ON ballots (poll_id);

-- Who took part: an actor URL, or member:<id> for members. Kept after the close.
CREATE TABLE poll_voters (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    voter TEXT NOT NULL,
    -- The remote actor through whom they voted last, to send the final Update to.
    actor_url TEXT,
    PRIMARY KEY (poll_id, voter)
);
CREATE INDEX poll_voters_by_actor ON poll_voters (poll_id, actor_url);

-- Which ballot is whose: only while the poll is open, destroyed at the close (A12).
CREATE TABLE ballot_links (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    voter TEXT NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (poll_id, voter)
);

-- Votes of supporters in an amendment's ballot, apart from the tally (A10).
CREATE TABLE soundings (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    actor_url TEXT NOT NULL,
    choices INTEGER NOT NULL,
    PRIMARY KEY (poll_id, actor_url)
);

-- Votes that did not count, by reason (A11).
CREATE TABLE uncounted_votes (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    reason TEXT NOT NULL CHECK (reason IN ('late', 'early', 'off_roll', 'duplicate', 'unknown_option')),
    total INTEGER NOT NULL,
    PRIMARY KEY (poll_id, reason)
);

-- What a voter was told once already.
CREATE TABLE vote_notices (
    poll_id TEXT NOT NULL REFERENCES polls (id),
    actor_url TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (poll_id, actor_url, kind)
);

CREATE TABLE results (
    poll_id TEXT PRIMARY KEY NOT NULL REFERENCES polls (id),
    amendment_id TEXT NOT NULL UNIQUE REFERENCES amendments (id),
    votes_for INTEGER NOT NULL,
    votes_against INTEGER NOT NULL,
    votes_abstain INTEGER NOT NULL,
    roll_size INTEGER NOT NULL,
    is_carried BOOLEAN NOT NULL,
    -- The result Note that replies to the Question.
    post_id TEXT NOT NULL REFERENCES posts (id),
    -- Canonical JSON of the published record and its SHA-256 (A13).
    record_json TEXT NOT NULL,
    record_sha256 TEXT NOT NULL,
    version_id TEXT REFERENCES document_versions (id),
    closed_at TIMESTAMP NOT NULL
);

-- A member's proven fediverse actors: still one vote (J3).
CREATE TABLE linked_actors (
    actor_url TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    linked_at TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP
);
CREATE INDEX linked_actors_by_member ON linked_actors (member_id);

-- Codes sent by direct message to prove a handle: 10 minutes, five tries, once.
CREATE TABLE link_codes (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    actor_url TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    tries_left INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX link_codes_by_member ON link_codes (member_id, created_at);
CREATE INDEX link_codes_by_actor ON link_codes (actor_url, created_at);

-- Actors of other servers, as last fetched from their own origin.
CREATE TABLE remote_actors (
    url TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    profile_url TEXT NOT NULL,
    inbox TEXT NOT NULL,
    shared_inbox TEXT,
    followers_url TEXT,
    fetched_at TIMESTAMP NOT NULL,
    -- The last time a refetch was tried because a signature failed (SG-15).
    refresh_tried_at TIMESTAMP,
    unreachable_since TIMESTAMP,
    gone_at TIMESTAMP
);
CREATE INDEX remote_actors_by_host ON remote_actors (host);

CREATE TABLE remote_keys (
    actor_url TEXT NOT NULL REFERENCES remote_actors (url),
    key_id TEXT NOT NULL,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('rsa', 'ed25519')),
    -- SubjectPublicKeyInfo as PEM for RSA; 32 bytes in base64 for Ed25519.
    public_key TEXT NOT NULL,
    PRIMARY KEY (actor_url, key_id)
);

-- Who follows which of our actors.
CREATE TABLE followers (
    actor_id TEXT NOT NULL REFERENCES local_actors (id),
    follower_url TEXT NOT NULL,
    follow_id TEXT NOT NULL,
    -- Where this follower's copy is delivered: the shared inbox when there is one.
    inbox TEXT NOT NULL,
    host TEXT NOT NULL,
    followed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (actor_id, follower_url)
);
CREATE INDEX followers_by_inbox ON followers (actor_id, inbox, host);
CREATE INDEX followers_at_inbox ON followers (inbox);
CREATE INDEX followers_by_follower ON followers (follower_url);

-- Activities received, verified and stored once per (actor, activity id) (F5, SG-11).
CREATE TABLE inbox_activities (
    id TEXT PRIMARY KEY NOT NULL,
    actor_url TEXT NOT NULL,
    activity_id TEXT NOT NULL,
    -- The handle of the inbox it came to; NULL for the shared inbox.
    inbox_handle TEXT,
    -- The exact body; erased once the activity is dealt with.
    body TEXT,
    received_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TIMESTAMP NOT NULL,
    note TEXT,
    UNIQUE (actor_url, activity_id)
);
CREATE INDEX inbox_activities_waiting ON inbox_activities (state, next_try_at);
CREATE INDEX inbox_activities_by_time ON inbox_activities (received_at);

-- Ids that were deleted or undone before, or after, we knew them (IN-10).
CREATE TABLE tombstones (
    object_id TEXT NOT NULL,
    actor_url TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    PRIMARY KEY (object_id, actor_url)
);

-- The exact bytes of each activity we send, stored once.
CREATE TABLE outbox_activities (
    id TEXT PRIMARY KEY NOT NULL,
    actor_id TEXT NOT NULL REFERENCES local_actors (id),
    -- The post that it carries; when that is withdrawn, what carried it is not kept either.
    post_id TEXT,
    -- Public ones are kept and served; the others are erased once they have arrived.
    is_public BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX outbox_activities_by_post ON outbox_activities (post_id);

-- One row per distinct inbox that an activity still has to reach; gone once it arrived.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    activity_id TEXT NOT NULL REFERENCES outbox_activities (id),
    host TEXT NOT NULL,
    inbox TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX deliveries_by_host ON deliveries (host, id);
CREATE INDEX deliveries_by_activity ON deliveries (activity_id);
CREATE INDEX deliveries_by_expiry ON deliveries (expires_at);

-- What we know of each server that we deliver to.
CREATE TABLE remote_hosts (
    host TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TIMESTAMP,
    next_try_at TIMESTAMP NOT NULL,
    last_success_at TIMESTAMP,
    last_problem TEXT,
    signature_scheme TEXT NOT NULL DEFAULT 'cavage' CHECK (signature_scheme IN ('cavage', 'rfc9421')),
    scheme_known_until TIMESTAMP,
    -- A process holds the lane of a host until this time.
    held_until TIMESTAMP,
    held_by TEXT,
    is_resting BOOLEAN NOT NULL DEFAULT FALSE,
    -- True while deliveries may wait for this host.
    is_waiting BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX remote_hosts_due ON remote_hosts (is_waiting, is_resting, next_try_at);
