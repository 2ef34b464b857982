DROP TABLE member_notices;
DROP TABLE amendment_comments;
DROP TABLE objections;
DROP INDEX backings_by_reply;
ALTER TABLE backings DROP COLUMN reply_id;
ALTER TABLE amendment_changes DROP COLUMN position;
ALTER TABLE amendment_changes DROP COLUMN anchor_id;
ALTER TABLE amendment_changes DROP COLUMN place;
ALTER TABLE amendment_changes DROP COLUMN act;
DROP INDEX amendments_by_note;
ALTER TABLE amendments DROP COLUMN note_id;
ALTER TABLE amendments DROP COLUMN warned_at;
ALTER TABLE amendments DROP COLUMN opens_at;
ALTER TABLE amendments DROP COLUMN is_draft;
ALTER TABLE documents ADD COLUMN vote_base TEXT NOT NULL DEFAULT 'cast' CHECK (vote_base IN ('cast', 'roll'));
ALTER TABLE documents ADD COLUMN quorum INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET
    vote_base = COALESCE((SELECT v.vote_base FROM document_versions v WHERE v.id = documents.current_version_id), 'cast'),
    quorum = COALESCE((SELECT v.quorum FROM document_versions v WHERE v.id = documents.current_version_id), 0);
ALTER TABLE document_versions DROP COLUMN quorum;
ALTER TABLE document_versions DROP COLUMN vote_base;
