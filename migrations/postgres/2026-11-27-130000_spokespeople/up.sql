-- The register of those who speak for the community (V2): a member volunteers with a purpose and an
-- end, another one backs, and from then on it is in force until its end, by the clock alone.
CREATE TABLE spokespeople (
    id TEXT PRIMARY KEY NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    purpose TEXT NOT NULL,
    volunteered_at TIMESTAMP NOT NULL,
    -- When the word for the community ends at the latest.
    ends_at TIMESTAMP NOT NULL,
    -- The other member, and from when their backing has effect: at once, or when the time of the
    -- same holder before this one is over.
    backer_id TEXT REFERENCES members (id),
    begins_at TIMESTAMP,
    -- When it ended before its time: stepped down, taken back, left.
    ended_at TIMESTAMP,
    -- The post of the community that told of it.
    note_id TEXT,
    CHECK ((backer_id IS NULL) = (begins_at IS NULL)),
    CHECK (backer_id <> member_id)
);
CREATE INDEX spokespeople_by_member ON spokespeople (member_id, id);
CREATE INDEX spokespeople_by_backer ON spokespeople (backer_id);
CREATE INDEX spokespeople_by_end ON spokespeople (ends_at);

-- Nobody's time is made longer: whoever goes on volunteers anew, and what has ended stays so.
CREATE TRIGGER spokespeople_frozen BEFORE UPDATE OF id, member_id, purpose, volunteered_at, ends_at ON spokespeople
FOR EACH ROW EXECUTE FUNCTION caucus_refuse('whoever goes on volunteers anew');
CREATE TRIGGER spokespeople_ended BEFORE UPDATE ON spokespeople
FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION caucus_refuse('it has ended');
