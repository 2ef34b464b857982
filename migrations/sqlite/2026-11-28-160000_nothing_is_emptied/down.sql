-- SQLite has no TRUNCATE.
SELECT 1;
