-- tickets_window is a view of the files of any window. With Iceberg: USING iceberg PARTITIONED BY (days(_sort_key)).
CREATE TABLE IF NOT EXISTS tickets_history USING delta AS
SELECT * FROM tickets_window LIMIT 0
