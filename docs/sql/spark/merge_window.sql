-- tickets_window is a view of the window's files. Parameters: window_start and window_end, its bounds.
MERGE INTO tickets_history AS history
USING tickets_window AS exported
ON history.id = exported.id AND history._sort_key = exported._sort_key
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *
WHEN NOT MATCHED BY SOURCE
  AND history._sort_key >= :window_start AND history._sort_key < :window_end THEN DELETE
