-- label: Loop velocity
-- question: How fast does a finding become a measured improvement?
-- definition: Mean time from an insight to the action taken on it, and from the action to its verdict.
-- formula: sum of times / actions
-- unit: ms
-- better: lower
-- kind: mean
-- interval: log_delta
-- minimum_n: 5
-- evidence: actions have reached this step
-- slices: step
-- slice_denominator: own
-- needs: actions
-- sources: outcome_events
-- pillar: 4
-- catalogue: K26
-- version: 1
-- missing: No action is recorded yet: they come with the ledger of insights and actions.
WITH steps AS (
    SELECT
        agent_id, taken_at::DATE AS day, part.slice AS slice, part.ms::DOUBLE AS ms
    FROM actions,
        unnest([
            {'slice': '', 'ms': date_diff('millisecond', insight_at, verdict_at)},
            {'slice': 'insight_to_action', 'ms': date_diff('millisecond', insight_at, taken_at)},
            {'slice': 'action_to_verdict', 'ms': date_diff('millisecond', taken_at, verdict_at)}
        ]) AS parts (part)
)
SELECT
    agent_id, NULL::VARCHAR AS agent_version, day, NULL::VARCHAR AS task_type, NULL::VARCHAR AS environment,
    slice,
    sum(ms) AS numerator,
    sum(ms * ms) AS numerator_sq,
    count(ms) AS denominator,
    count(ms) AS n,
    count(ms) AS covered,
    count(*) AS eligible
FROM steps
GROUP BY ALL
