DROP TRIGGER amendment_changes_not_emptied ON amendment_changes;
DROP TRIGGER poll_options_not_emptied ON poll_options;
DROP TRIGGER backings_not_emptied ON backings;
DROP TRIGGER objections_not_emptied ON objections;
DROP TRIGGER uncounted_votes_not_emptied ON uncounted_votes;
DROP TRIGGER lead_nominations_not_emptied ON lead_nominations;
