DROP TABLE lead_nominations;
DROP TRIGGER polls_majority_frozen ON polls;
ALTER TABLE polls DROP COLUMN majority;
