-- label: Token mix
-- question: Where do the tokens go?
-- definition: Share of each billed kind of token in all tokens of the period.
-- formula: tokens of the kind / all tokens
-- unit: ratio
-- better: none
-- kind: ratio
-- interval: none
-- minimum_n: 1
-- evidence: model calls report tokens
-- slices: token kind
-- slice_denominator: total
-- needs: model_calls
-- sources: span_logs, invocation_logs
-- pillar: 1
-- catalogue: K9
-- version: 1
-- The five kinds are disjoint. A kind that no call reported stays unknown; it is not counted as none.
WITH used AS (
    SELECT
        *,
        coalesce(uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens)
            IS NOT NULL AS known,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
            + coalesce(cache_write_1h_tokens, 0) + coalesce(output_tokens, 0) AS all_tokens
    FROM model_calls
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    sum(part.tokens) AS numerator,
    sum(all_tokens) FILTER (known) AS denominator,
    count(*) FILTER (known) AS n,
    count(*) FILTER (known) AS covered,
    count(*) AS eligible
FROM used,
    unnest([
        {'slice': '', 'tokens': CASE WHEN known THEN all_tokens END},
        {'slice': 'uncached_input', 'tokens': uncached_input_tokens},
        {'slice': 'cache_read', 'tokens': cache_read_tokens},
        {'slice': 'cache_write_5m', 'tokens': cache_write_5m_tokens},
        {'slice': 'cache_write_1h', 'tokens': cache_write_1h_tokens},
        {'slice': 'output', 'tokens': output_tokens}
    ]) AS parts (part)
GROUP BY ALL
