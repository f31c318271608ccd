-- Variables: files, the list of the window's files; window_start and window_end, its bounds.
BEGIN;
CREATE TABLE IF NOT EXISTS tickets_history AS
FROM read_parquet(getvariable('files')) LIMIT 0;
DELETE FROM tickets_history
WHERE _sort_key >= getvariable('window_start') AND _sort_key < getvariable('window_end');
INSERT INTO tickets_history BY NAME
FROM read_parquet(getvariable('files'));
COMMIT;
