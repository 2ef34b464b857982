DROP TRIGGER polls_closed ON polls;
CREATE TRIGGER polls_closed BEFORE UPDATE OF closed_at ON polls
FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION caucus_refuse('the poll is closed');

DROP TRIGGER amendments_decided ON amendments;
DROP FUNCTION caucus_refuse_undecided_amendment();
CREATE TRIGGER amendments_decided BEFORE UPDATE OF state ON amendments
FOR EACH ROW WHEN ((OLD.state IN ('carried', 'lost') AND NEW.state <> OLD.state) OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'carried', 'lost'))) EXECUTE FUNCTION caucus_refuse('only the tally decides');

DROP TRIGGER lead_nominations_decided ON lead_nominations;
DROP FUNCTION caucus_refuse_undecided_lead();
CREATE TRIGGER lead_nominations_decided BEFORE UPDATE OF state ON lead_nominations
FOR EACH ROW WHEN ((OLD.state IN ('elected', 'not_elected') AND NEW.state <> OLD.state)
    OR (OLD.state = 'open' AND NEW.state NOT IN ('open', 'elected', 'not_elected')))
EXECUTE FUNCTION caucus_refuse('only the tally decides');
