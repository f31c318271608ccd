-- Parameter: moment.
SELECT * FROM tickets_history
WHERE NOT _deleted
  AND (id, _sort_key) IN (
    SELECT id, max(_sort_key) FROM tickets_history WHERE _sort_key <= :moment GROUP BY id
  )
