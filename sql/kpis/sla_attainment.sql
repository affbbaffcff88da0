-- label: Service level
-- question: How often does it keep what was promised?
-- definition: Share of tasks that ended within the deadline, right or handed to a person, and not below the confidence threshold on its own. A task that is past its deadline and still running has missed it. Tasks in time without a verdict are left out and lower the coverage.
-- formula: tasks that met every promise / tasks with a deadline and a known result
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tasks have a known result
-- slices: none
-- slice_denominator: own
-- needs: tasks, agents
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 1
-- catalogue: K21
-- version: 2
-- missing: No finished task here has a deadline: name deadline_minutes in the contract of its agent (ledger.toml).
-- The deadline is the task's own where a rule says so, else the contract's; an agent without one has no service level.
-- What never ended and is too old to end is late.
WITH promised AS (
    SELECT
        t.*,
        coalesce(t.duration_ms, date_diff('millisecond', t.started_at, t.ended_at))
                > coalesce(t.deadline_minutes, a.deadline_minutes) * 60000
            OR (t.ended_at IS NULL AND t.mature) AS late,
        t.confidence < a.confidence_threshold AND t.escalated IS NOT TRUE AS leaked,
        t.status = 'success' OR t.escalated IS TRUE AS kept,
        t.status IS NOT NULL OR t.escalated IS TRUE AS known
    FROM tasks t
    JOIN agents a USING (agent_id)
    WHERE coalesce(t.deadline_minutes, a.deadline_minutes) IS NOT NULL AND t.mature AND coalesce(t.status, '') <> 'cancelled'
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (late IS NOT TRUE AND kept AND leaked IS NOT TRUE) AS numerator,
    count(*) FILTER (late OR leaked OR known) AS denominator,
    count(*) FILTER (late OR leaked OR known) AS n,
    count(*) FILTER (late OR leaked OR known) AS covered,
    count(*) AS eligible
FROM promised
GROUP BY ALL
