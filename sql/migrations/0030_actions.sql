-- What people enter about findings: an action with what it has to change, written down beforehand; its steps; judgements on findings and issues.
CREATE TABLE raw.action_records (
    event_id VARCHAR NOT NULL, record_hash VARCHAR NOT NULL, agent_id VARCHAR, title VARCHAR, owner VARCHAR, insight_id VARCHAR,
    signature VARCHAR, insight_at TIMESTAMP, kpi VARCHAR, slice VARCHAR, direction VARCHAR, materiality DOUBLE, guards VARCHAR,
    baseline_from DATE, baseline_to DATE, spell_from DATE, spell_to DATE, min_days INTEGER, grade VARCHAR, entered_by VARCHAR,
    entered_at TIMESTAMP
);
CREATE TABLE raw.action_steps (
    event_id VARCHAR NOT NULL, record_hash VARCHAR NOT NULL, action_id VARCHAR, step VARCHAR, reason VARCHAR, change_id VARCHAR,
    changed_at TIMESTAMP, verdict VARCHAR, as_of DATE, effect DOUBLE, effect_low DOUBLE, effect_high DOUBLE, usd_month DOUBLE,
    usd_low DOUBLE, usd_high DOUBLE, grade VARCHAR, entered_by VARCHAR, entered_at TIMESTAMP
);
CREATE TABLE raw.insight_notes (
    event_id VARCHAR NOT NULL, record_hash VARCHAR NOT NULL, agent_id VARCHAR, subject VARCHAR, subject_id VARCHAR, signature VARCHAR,
    verb VARCHAR, owner VARCHAR, worth_raising BOOLEAN, reason VARCHAR, entered_by VARCHAR, entered_at TIMESTAMP
);
