-- table: handovers
-- grain: one row per hand-over to people: a task that was handed over, or a wait of an execution for somebody's answer
-- replaces: true
-- column handover_id: id of the escalation or of the wait
-- column task_id: the task; NULL for a wait
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column task_type: kind of task; NULL for a wait
-- column environment: environment of the task; NULL for a wait
-- column day: day of the task, or of the asking
-- column source: event, or wait (Step Functions)
-- column queue: to whom: the target of the escalation, or the state that waits; NULL = not said
-- column handed_over_at: end of the task, or the moment that the event names where that is earlier; when the wait began; UTC
-- column followed: it would be known if a person had taken it: a wait, or an agent of whose hand-overs any says when
-- column picked_up_at: when a person took it; of a wait when the task token came back; UTC; NULL = not yet, or not followed
-- column dropped_at: when the wait ended without an answer, timed out or cancelled, UTC; NULL = it did not
-- column pickup_ms: time from the hand-over to the person, ms; one who took it before the task ended took no time
-- A wait and an event may tell of the same hand-over. Where an agent's machine waits for people and its events never say when
-- somebody took one, the waits tell all of it.
WITH waits AS (
    SELECT wait_id AS handover_id, agent_id, agent_version, day, 'wait' AS source, state AS queue, submitted_at AS handed_over_at,
        CASE WHEN outcome IN ('answered', 'failed') THEN ended_at END AS picked_up_at,
        CASE WHEN outcome IN ('timed_out', 'cancelled') THEN ended_at END AS dropped_at, true AS followed
    FROM mart.human_waits WHERE agent_id IS NOT NULL
),
events AS (
    SELECT e.escalation_id AS handover_id, e.task_id, e.agent_id, e.agent_version, e.task_type, e.environment, e.day, 'event' AS source,
        e.target AS queue, least(t.ended_at, e.escalated_at) AS handed_over_at, e.picked_up_at,
        bool_or(e.picked_up_at IS NOT NULL) OVER (PARTITION BY e.agent_id) AS followed
    FROM mart.escalations e JOIN mart.tasks t USING (task_id)
),
told AS (
    FROM events WHERE followed OR agent_id NOT IN (SELECT agent_id FROM waits)
    UNION ALL BY NAME FROM waits
)
SELECT handover_id, task_id, agent_id, agent_version, task_type, environment, day, source, queue, handed_over_at, followed, picked_up_at,
    dropped_at, CASE WHEN picked_up_at IS NOT NULL
        THEN greatest(0, date_diff('microsecond', handed_over_at, picked_up_at)) / 1000.0 END AS pickup_ms
FROM told
ORDER BY handed_over_at, handover_id
