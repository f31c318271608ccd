CREATE OR REPLACE VIEW tickets AS
SELECT * FROM tickets_history
QUALIFY row_number() OVER (PARTITION BY id ORDER BY _sort_key DESC) = 1 AND NOT _deleted;
