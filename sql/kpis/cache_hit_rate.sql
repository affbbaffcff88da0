-- label: Cache hits
-- question: How much of the input came from the prompt cache?
-- definition: Input tokens read from the prompt cache as a share of all input tokens, over tokens and not over calls.
-- formula: cache-read tokens / (uncached + cache-read + cache-written tokens)
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: none
-- minimum_n: 1
-- evidence: model calls report cache reads
-- slices: none
-- slice_denominator: own
-- needs: model_calls
-- sources: span_logs, invocation_logs
-- pillar: 1
-- catalogue: K9
-- version: 1
-- A call that does not say how much it read from the cache is not a call that read nothing: it lowers the coverage.
WITH used AS (
    SELECT *, uncached_input_tokens IS NOT NULL AND cache_read_tokens IS NOT NULL AS known
    FROM model_calls
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(cache_read_tokens) FILTER (known) AS numerator,
    sum(
        uncached_input_tokens + cache_read_tokens + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)
    ) FILTER (known) AS denominator,
    count(*) FILTER (known) AS n,
    count(*) FILTER (known) AS covered,
    count(*) AS eligible
FROM used
GROUP BY ALL
