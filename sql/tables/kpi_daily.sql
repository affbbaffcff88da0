-- table: kpi_daily
-- grain: additive parts of a KPI, one row per KPI × agent × version × day × task type × environment × slice; sum them over anything, divide last
-- column kpi: KPI id
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column day: calendar day in the organisation's time zone
-- column task_type: kind of task
-- column environment: environment
-- column slice: empty = all; else a value of the KPI's slice dimension
-- column numerator: sum of what is counted
-- column denominator: sum of what it is measured against
-- column n: sample size
-- column numerator_sq: sum of squares of the numerator's terms (for clustered rates: of each task's count)
-- column denominator_sq: sum of squares of the denominator's terms (for clustered rates: of each task's rows)
-- column cross_sum: sum of products of both; for accuracy the plain sum of scores
-- column covered: rows with the evidence
-- column eligible: rows that should have it
CREATE TABLE IF NOT EXISTS mart.kpi_daily (
    kpi VARCHAR,
    agent_id VARCHAR,
    agent_version VARCHAR,
    day DATE,
    task_type VARCHAR,
    environment VARCHAR,
    slice VARCHAR,
    numerator DOUBLE,
    denominator DOUBLE,
    n BIGINT,
    numerator_sq DOUBLE,
    denominator_sq DOUBLE,
    cross_sum DOUBLE,
    covered BIGINT,
    eligible BIGINT
)
