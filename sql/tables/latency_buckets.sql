-- table: latency_buckets
-- grain: log-bucket counts of a duration, one row per KPI × agent × version × day × task type × environment × slice × bucket; relative error 1 %
-- column kpi: KPI id
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column day: calendar day in the organisation's time zone
-- column task_type: kind of task
-- column environment: environment
-- column slice: empty = all; else a model or a tool
-- column bucket: ceil(ln(ms) / ln(1.01 / 0.99)); its value is 2 g^bucket / (g + 1) with g = 1.01 / 0.99
-- column n: durations in the bucket
-- column sum_ms: their sum, ms
-- column min_ms: the smallest, ms
-- column max_ms: the greatest, ms
CREATE TABLE IF NOT EXISTS mart.latency_buckets (
    kpi VARCHAR,
    agent_id VARCHAR,
    agent_version VARCHAR,
    day DATE,
    task_type VARCHAR,
    environment VARCHAR,
    slice VARCHAR,
    bucket INTEGER,
    n BIGINT,
    sum_ms DOUBLE,
    min_ms DOUBLE,
    max_ms DOUBLE
)
