-- An attempt's end takes more room than its beginning.
ALTER TABLE attempts SET (fillfactor = 40);
