-- label: Loop velocity
-- question: How fast does a finding become a measured improvement?
-- definition: Time from an insight to the verdict on the action taken on it, by the day of the action; as parts of it from the insight to the action, and from the action to its verdict. The median is p50. How old the findings are that nobody acted on yet stands on the page Insights & actions, as of the last complete day.
-- formula: p50, p95 and p99 over log buckets of 1 % width
-- unit: ms
-- better: lower
-- kind: quantile
-- interval: binomial_ranks
-- minimum_n: 5
-- evidence: actions have reached this step
-- slices: step
-- slice_denominator: own
-- needs: actions
-- sources: outcome_events
-- pillar: 4
-- catalogue: K26
-- version: 2
-- headline: p50
-- missing: No action is recorded yet. Propose one on a finding of the page Insights & actions.
-- An action counts from the moment its change took effect; one that answers no finding has only the way from change to verdict.
-- A step that is not reached yet has no bucket: it lowers the coverage and is never a time of 0.
WITH steps AS (
    SELECT
        agent_id, day, part.slice AS slice, part.ms::DOUBLE AS ms
    FROM actions,
        unnest([
            {'slice': '', 'ms': date_diff('millisecond', insight_at, verdict_at)},
            {'slice': 'insight_to_action', 'ms': date_diff('millisecond', insight_at, taken_at)},
            {'slice': 'action_to_verdict', 'ms': date_diff('millisecond', taken_at, verdict_at)}
        ]) AS parts (part)
    WHERE day IS NOT NULL
)
SELECT
    agent_id, NULL::VARCHAR AS agent_version, day, NULL::VARCHAR AS task_type, NULL::VARCHAR AS environment,
    slice,
    dd_idx(ms) AS bucket,
    count(*) AS n,
    sum(ms) AS sum_ms,
    min(ms) AS min_ms,
    max(ms) AS max_ms
FROM steps
GROUP BY ALL
