-- When the words of a help request were last edited; NULL until then. What they cite is the text that stood that day.
ALTER TABLE help_requests ADD COLUMN edited_at TIMESTAMP;
