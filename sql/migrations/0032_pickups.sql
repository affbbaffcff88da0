-- When a person took a hand-over, as an outcome event says it.
ALTER TABLE raw.outcomes ADD COLUMN picked_up_at TIMESTAMP;
