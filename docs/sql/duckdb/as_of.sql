-- Variable: moment, a TIMESTAMPTZ.
SELECT * FROM tickets_history
WHERE _sort_key <= getvariable('moment')
QUALIFY row_number() OVER (PARTITION BY id ORDER BY _sort_key DESC) = 1 AND NOT _deleted;
