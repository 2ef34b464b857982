-- The page of an amendment looks for the answers to its posts, and for the answers to those.
CREATE INDEX messages_by_parent ON messages (in_reply_to);
