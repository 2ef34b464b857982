DROP TABLE former_handles;
DROP TABLE reset_links;
