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
-- version: 2
-- missing: No action is recorded yet. Propose one on a finding of the page Insights & actions.
-- An action counts from the moment its change took effect; one that answers no finding has only the way from change to verdict.
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
    sum(ms) AS numerator,
    sum(ms * ms) AS numerator_sq,
    count(ms) AS denominator,
    count(ms) AS n,
    count(ms) AS covered,
    count(*) AS eligible
FROM steps
GROUP BY ALL
