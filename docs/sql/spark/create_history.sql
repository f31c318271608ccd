-- tickets_window is a view of the files of any window.
CREATE TABLE IF NOT EXISTS tickets_history USING delta AS
SELECT * FROM tickets_window LIMIT 0
