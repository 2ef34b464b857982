DROP INDEX chain_entries_one_end;
