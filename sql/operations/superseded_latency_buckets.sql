-- grain: the rows of latency_buckets as they were shown last under a version that gave way; nothing is added to them
-- column kpi: KPI id
-- column version: the version that made them
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
SELECT kpi, version, agent_id, agent_version, day, task_type, environment, slice, bucket, n, sum_ms, min_ms, max_ms
FROM ops.superseded_latency_buckets ORDER BY kpi, version, day, agent_id
