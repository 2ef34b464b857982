-- The rule by which a document is amended is part of each version (A9).
ALTER TABLE document_versions ADD COLUMN vote_base TEXT NOT NULL DEFAULT 'cast' CHECK (vote_base IN ('cast', 'roll'));
ALTER TABLE document_versions ADD COLUMN quorum INTEGER NOT NULL DEFAULT 0;
UPDATE document_versions SET
    vote_base = (SELECT d.vote_base FROM documents d WHERE d.id = document_versions.document_id),
    quorum = (SELECT d.quorum FROM documents d WHERE d.id = document_versions.document_id);
ALTER TABLE documents DROP COLUMN vote_base;
ALTER TABLE documents DROP COLUMN quorum;

-- A draft is for its author's eyes only; its state is that of the proposal it will be.
ALTER TABLE amendments ADD COLUMN is_draft BOOLEAN NOT NULL DEFAULT FALSE;
-- When the vote opens by itself, once announced.
ALTER TABLE amendments ADD COLUMN opens_at TIMESTAMP;
-- When its proposer was warned that it will lapse.
ALTER TABLE amendments ADD COLUMN warned_at TIMESTAMP;
-- The post of the community that tells of the proposal.
ALTER TABLE amendments ADD COLUMN note_id TEXT;
CREATE INDEX amendments_by_note ON amendments (note_id);

-- What is done to a clause, and where it goes.
ALTER TABLE amendment_changes ADD COLUMN act TEXT NOT NULL DEFAULT 'reword'
    CHECK (act IN ('reword', 'add', 'move', 'remove', 'rule', 'name'));
ALTER TABLE amendment_changes ADD COLUMN place TEXT CHECK (place IN ('first_in', 'after'));
ALTER TABLE amendment_changes ADD COLUMN anchor_id TEXT;
ALTER TABLE amendment_changes ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

-- The reply by which a member backed it, if it was one.
ALTER TABLE backings ADD COLUMN reply_id TEXT;
CREATE INDEX backings_by_reply ON backings (reply_id);

-- A reasoned no that stands beside the ballot (A14).
CREATE TABLE objections (
    id TEXT PRIMARY KEY NOT NULL,
    amendment_id TEXT NOT NULL REFERENCES amendments (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    reason TEXT NOT NULL,
    raised_at TIMESTAMP NOT NULL,
    backer_id TEXT REFERENCES members (id),
    backed_at TIMESTAMP,
    answer TEXT,
    answered_at TIMESTAMP,
    withdrawn_at TIMESTAMP
);
CREATE INDEX objections_by_amendment ON objections (amendment_id, id);

-- What members write under an amendment on the web.
CREATE TABLE amendment_comments (
    id TEXT PRIMARY KEY NOT NULL,
    amendment_id TEXT NOT NULL REFERENCES amendments (id),
    member_id TEXT NOT NULL REFERENCES members (id),
    text TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    edited_at TIMESTAMP,
    deleted_at TIMESTAMP
);
CREATE INDEX amendment_comments_by_amendment ON amendment_comments (amendment_id, id);

-- What a member is told on their page.
CREATE TABLE member_notices (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    sentence TEXT NOT NULL,
    about TEXT NOT NULL,
    told_at TIMESTAMP NOT NULL
);
CREATE INDEX member_notices_by_member ON member_notices (member_id, id);
