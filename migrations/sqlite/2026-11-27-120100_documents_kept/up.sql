-- Documents change by votes alone: what was agreed at the set-up is told from what a steward put in
-- later, fingerprints cover the rule of voting, and versions refuse every change once written.

-- Agreed by whoever founded the community. Others wait for a vote on an amendment of them.
ALTER TABLE documents ADD COLUMN is_founding BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE documents SET is_founding = TRUE
WHERE created_at = (SELECT created_at FROM local_actors WHERE kind = 'community');

-- What the fingerprint of a version is taken over; until now its clauses alone.
ALTER TABLE document_versions ADD COLUMN fingerprint_of TEXT NOT NULL DEFAULT 'text'
    CHECK (fingerprint_of IN ('text', 'text_and_rule'));
CREATE UNIQUE INDEX document_versions_by_amendment ON document_versions (amendment_id);

CREATE TRIGGER documents_frozen BEFORE UPDATE OF id, slug, title, created_at, is_founding ON documents
BEGIN SELECT RAISE(ABORT, 'frozen: documents stay what they are'); END;

CREATE TRIGGER documents_forward BEFORE UPDATE OF current_version_id ON documents
WHEN NOT EXISTS (
    SELECT 1 FROM document_versions v
    WHERE v.id = NEW.current_version_id AND v.document_id = NEW.id AND v.number = 1 + COALESCE(
        (SELECT earlier.number FROM document_versions earlier WHERE earlier.id = OLD.current_version_id), 0))
BEGIN SELECT RAISE(ABORT, 'frozen: versions follow one another'); END;

CREATE TRIGGER documents_kept BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'frozen: documents are kept'); END;

CREATE TRIGGER document_versions_voted BEFORE INSERT ON document_versions
WHEN NEW.number <> 1 + COALESCE((SELECT MAX(v.number) FROM document_versions v WHERE v.document_id = NEW.document_id), 0)
    OR (NEW.number > 1 AND NEW.amendment_id IS NULL)
    OR (NEW.amendment_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM amendments a
        WHERE a.id = NEW.amendment_id AND a.document_id = NEW.document_id AND a.state = 'carried'))
BEGIN SELECT RAISE(ABORT, 'frozen: only a carried amendment brings a version'); END;

CREATE TRIGGER document_versions_frozen BEFORE UPDATE ON document_versions
BEGIN SELECT RAISE(ABORT, 'frozen: versions are never changed'); END;

CREATE TRIGGER document_versions_kept BEFORE DELETE ON document_versions
BEGIN SELECT RAISE(ABORT, 'frozen: versions are kept'); END;

CREATE TRIGGER document_clauses_complete BEFORE INSERT ON document_clauses
WHEN EXISTS (
    SELECT 1 FROM document_versions v
    JOIN documents d ON d.id = v.document_id
    JOIN document_versions latest ON latest.id = d.current_version_id
    WHERE v.id = NEW.version_id AND v.number <= latest.number)
BEGIN SELECT RAISE(ABORT, 'frozen: versions are never changed'); END;

CREATE TRIGGER document_clauses_frozen BEFORE UPDATE ON document_clauses
BEGIN SELECT RAISE(ABORT, 'frozen: versions are never changed'); END;

CREATE TRIGGER document_clauses_kept BEFORE DELETE ON document_clauses
BEGIN SELECT RAISE(ABORT, 'frozen: versions are kept'); END;

CREATE TRIGGER community_name_voted BEFORE UPDATE OF name ON local_actors
WHEN OLD.kind = 'community' AND NEW.name <> OLD.name AND NOT EXISTS (
    SELECT 1 FROM amendment_changes c
    JOIN amendments a ON a.id = c.amendment_id
    WHERE c.act = 'name' AND c.old_text = OLD.name AND c.new_text = NEW.name AND a.state = 'carried')
BEGIN SELECT RAISE(ABORT, 'frozen: only a carried amendment renames the community'); END;
