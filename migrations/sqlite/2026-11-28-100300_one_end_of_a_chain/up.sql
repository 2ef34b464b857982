-- The rule that nothing follows the close looks for it at every new entry; without an index it read the whole
-- chain each time. It also refuses a second close.
CREATE UNIQUE INDEX chain_entries_one_end ON chain_entries (poll_id) WHERE kind = 'closing';
