-- What a task is worth: the owner's word on people's time, errors, deadlines and the product an agent belongs to.
ALTER TABLE config.contracts ADD COLUMN baseline_low_minutes DOUBLE;
ALTER TABLE config.contracts ADD COLUMN baseline_high_minutes DOUBLE;
ALTER TABLE config.contracts ADD COLUMN hourly_rate_usd DOUBLE;
ALTER TABLE config.contracts ADD COLUMN error_cost_usd DOUBLE;
ALTER TABLE config.contracts ADD COLUMN deadline_minutes DOUBLE;
ALTER TABLE config.contracts ADD COLUMN product VARCHAR;
