CREATE OR REPLACE VIEW tickets AS
SELECT * FROM tickets_history
WHERE NOT _deleted
  AND (id, _sort_key) IN (SELECT id, max(_sort_key) FROM tickets_history GROUP BY id)
