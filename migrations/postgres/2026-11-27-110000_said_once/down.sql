DROP TABLE said_once;
