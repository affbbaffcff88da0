-- label: Hand-overs waiting
-- question: How many hand-overs has nobody taken yet?
-- definition: Share of the hand-overs that no person has taken by now, of those of which it would be known; by the day of the hand-over, so that the days tell how old the backlog is. A wait in Step Functions that timed out or was cancelled waits no longer.
-- formula: hand-overs not taken yet / hand-overs that are followed
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: none
-- minimum_n: 1
-- evidence: hand-overs are followed until a person takes them (escalation.picked_up_at of an outcome event, or a wait in Step Functions)
-- slices: queue
-- slice_denominator: own
-- needs: handovers
-- sources: outcome_events, outcome_files, step_functions
-- pillar: 3
-- catalogue: K14
-- version: 1
-- missing: No hand-over to people was reported in this period.
-- Where none of an agent's hand-overs says when somebody took it, an empty pick-up says nothing: unknown, not waiting.
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    CASE WHEN count(*) FILTER (followed) > 0
        THEN count(*) FILTER (followed AND picked_up_at IS NULL AND dropped_at IS NULL) END AS numerator,
    count(*) FILTER (followed) AS denominator,
    count(*) FILTER (followed) AS n,
    count(*) FILTER (followed) AS covered,
    count(*) AS eligible
FROM handovers, unnest([{'slice': ''}, {'slice': coalesce(queue, 'unknown')}]) AS parts (part)
GROUP BY ALL
