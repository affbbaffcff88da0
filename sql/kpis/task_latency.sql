-- label: Time to done
-- question: How long does a task take from start to end?
-- definition: Duration of the root of each finished task, waiting included; tasks that never ended have no duration and lower the coverage.
-- formula: p50, p95 and p99 over log buckets of 1 % width
-- unit: ms
-- better: lower
-- kind: quantile
-- interval: binomial_ranks
-- minimum_n: 30
-- evidence: tasks have a measured duration
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces
-- pillar: 1
-- catalogue: K10
-- version: 1
-- Rows without a bucket count what was not measured: it lowers the coverage and is never a duration of 0.
SELECT
    agent_id, agent_version, day, task_type, environment,
    dd_idx(duration_ms) AS bucket,
    count(*) AS n,
    sum(duration_ms) AS sum_ms,
    min(duration_ms) AS min_ms,
    max(duration_ms) AS max_ms
FROM tasks
WHERE mature
GROUP BY ALL
