-- How an action is meant to be told apart from everything else: its design, and what that design needs; and how old what an agent looks
-- up may be.
ALTER TABLE raw.action_records ADD COLUMN design VARCHAR;
ALTER TABLE raw.action_records ADD COLUMN control_agent VARCHAR;
ALTER TABLE raw.action_records ADD COLUMN split DOUBLE;
ALTER TABLE raw.action_records ADD COLUMN task_type VARCHAR;
ALTER TABLE config.contracts ADD COLUMN data_max_age_days DOUBLE;
