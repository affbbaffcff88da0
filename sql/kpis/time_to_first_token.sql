-- label: Time to first token
-- question: How long until the first word of an answer?
-- definition: Time from the request of a model call to its first token, where the call streams and says so.
-- formula: p50, p95 and p99 over log buckets of 1 % width
-- unit: ms
-- better: lower
-- kind: quantile
-- interval: binomial_ranks
-- minimum_n: 30
-- evidence: model calls report a first token
-- slices: model
-- slice_denominator: own
-- needs: model_calls
-- sources: span_logs, invocation_logs
-- pillar: 1
-- catalogue: K10
-- version: 1
-- Rows without a bucket count what was not measured: it lowers the coverage and is never a duration of 0.
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    dd_idx(ttft_ms) AS bucket,
    count(*) AS n,
    sum(ttft_ms) AS sum_ms,
    min(ttft_ms) AS min_ms,
    max(ttft_ms) AS max_ms
FROM model_calls, unnest([{'slice': ''}, {'slice': coalesce(model, 'unknown')}]) AS parts (part)
GROUP BY ALL
