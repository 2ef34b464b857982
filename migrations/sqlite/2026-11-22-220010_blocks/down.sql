ALTER TABLE remote_actors DROP COLUMN is_blocked;
DROP TABLE blocks;
