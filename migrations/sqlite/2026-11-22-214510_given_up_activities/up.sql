-- What was given up keeps no body: it may be a vote (A12).
UPDATE inbox_activities SET body = NULL WHERE state = 'failed';
