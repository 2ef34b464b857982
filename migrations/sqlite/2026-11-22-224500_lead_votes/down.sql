DROP TABLE lead_nominations;
DROP TRIGGER polls_majority_frozen;
ALTER TABLE polls DROP COLUMN majority;
