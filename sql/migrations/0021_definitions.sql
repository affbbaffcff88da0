-- The owner's own files, what was refused and why, the versions that a KPI has had, the parts of those that gave way, and why a
-- shown value changed.
CREATE TABLE config.own_files (kind VARCHAR NOT NULL, name VARCHAR NOT NULL, text VARCHAR, fault VARCHAR);
CREATE TABLE ops.refused_files (
    kind VARCHAR NOT NULL, name VARCHAR NOT NULL, text VARCHAR, reason VARCHAR, digest VARCHAR, refused_at TIMESTAMP
);
CREATE TABLE ops.kpi_versions (
    kpi VARCHAR NOT NULL, version VARCHAR, definition VARCHAR, own BOOLEAN, unraised BOOLEAN, since_at TIMESTAMP, superseded_at TIMESTAMP
);
ALTER TABLE ops.restatements ADD COLUMN slice VARCHAR;
ALTER TABLE ops.restatements ADD COLUMN reason VARCHAR;
ALTER TABLE ops.restatements ADD COLUMN old_version VARCHAR;
ALTER TABLE ops.restatements ADD COLUMN new_version VARCHAR;
UPDATE ops.restatements SET slice = '', reason = 'late_data';
CREATE TABLE ops.superseded_kpi_daily (
    kpi VARCHAR, version VARCHAR, agent_id VARCHAR, agent_version VARCHAR, day DATE, task_type VARCHAR, environment VARCHAR,
    slice VARCHAR, numerator DOUBLE, denominator DOUBLE, n BIGINT, numerator_sq DOUBLE, denominator_sq DOUBLE,
    cross_sum DOUBLE, covered BIGINT, eligible BIGINT
);
CREATE TABLE ops.superseded_latency_buckets (
    kpi VARCHAR, version VARCHAR, agent_id VARCHAR, agent_version VARCHAR, day DATE, task_type VARCHAR, environment VARCHAR,
    slice VARCHAR, bucket INTEGER, n BIGINT, sum_ms DOUBLE, min_ms DOUBLE, max_ms DOUBLE
);
CREATE TABLE ops.superseded_kpi_groups (
    kpi VARCHAR, version VARCHAR, agent_id VARCHAR, agent_version VARCHAR, day DATE, task_type VARCHAR, environment VARCHAR,
    group_key VARCHAR, numerator DOUBLE, denominator DOUBLE
);
