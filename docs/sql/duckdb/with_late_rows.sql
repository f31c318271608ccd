-- Variable: late_files, a glob of the files of late rows, such as 's3://lake/zendesk/ticket_events__late/**/*.parquet'.
CREATE OR REPLACE TABLE ticket_events_late AS
FROM read_parquet(getvariable('late_files'));
CREATE OR REPLACE VIEW ticket_events AS
SELECT * FROM (FROM ticket_events_history UNION ALL BY NAME FROM ticket_events_late)
QUALIFY row_number() OVER (PARTITION BY id ORDER BY _sort_key DESC) = 1 AND NOT _deleted;
