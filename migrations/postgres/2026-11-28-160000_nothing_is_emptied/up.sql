-- What froze with a vote is not emptied either.
CREATE TRIGGER amendment_changes_not_emptied BEFORE TRUNCATE ON amendment_changes
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
CREATE TRIGGER poll_options_not_emptied BEFORE TRUNCATE ON poll_options
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
CREATE TRIGGER backings_not_emptied BEFORE TRUNCATE ON backings
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
CREATE TRIGGER objections_not_emptied BEFORE TRUNCATE ON objections
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
CREATE TRIGGER uncounted_votes_not_emptied BEFORE TRUNCATE ON uncounted_votes
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
CREATE TRIGGER lead_nominations_not_emptied BEFORE TRUNCATE ON lead_nominations
FOR EACH STATEMENT EXECUTE FUNCTION caucus_refuse('votes are kept');
