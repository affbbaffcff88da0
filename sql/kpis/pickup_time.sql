-- label: Time to pick-up
-- question: How long does a hand-over wait until a person takes it?
-- definition: Time from the hand-over to the moment a person took it: from the end of the task to the pick-up that an outcome event names, or from the asking to the answer of a wait in Step Functions. A hand-over that nobody has taken yet, or of which nothing says when, has no time and lowers the coverage.
-- formula: p50, p95 and p99 over log buckets of 1 % width
-- unit: ms
-- better: lower
-- kind: quantile
-- interval: binomial_ranks
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: hand-overs say when a person took them (escalation.picked_up_at of an outcome event, or a wait in Step Functions)
-- slices: queue
-- slice_denominator: own
-- needs: handovers
-- sources: outcome_events, outcome_files, step_functions
-- pillar: 3
-- catalogue: K14
-- version: 1
-- missing: No hand-over to people was reported in this period.
-- More than one in twenty that still wait may be slower than the p95 of the others: then there is none that can be trusted.
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    dd_idx(pickup_ms) AS bucket,
    count(*) AS n,
    sum(pickup_ms) AS sum_ms,
    min(pickup_ms) AS min_ms,
    max(pickup_ms) AS max_ms
FROM handovers, unnest([{'slice': ''}, {'slice': coalesce(queue, 'unknown')}]) AS parts (part)
GROUP BY ALL
