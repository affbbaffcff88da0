-- The record that an outcome event states, in the system it comes from: of several versions of one record one counts.
ALTER TABLE raw.outcomes ADD COLUMN record_key VARCHAR;
