-- table: escalations
-- grain: one row per task that was handed to people
-- replaces: task_id IN (FROM given_tasks)
-- column escalation_id: id of the escalation
-- column task_id: the task
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column task_type: kind of task
-- column environment: environment of the task
-- column day: day of the task
-- column reason: why; NULL = not said
-- column escalated_at: when, UTC
-- column target: to whom
-- column picked_up_at: when a person took it, as an event says, UTC; NULL = nobody said so
-- column source: where the word came from
SELECT task_id AS escalation_id, task_id, agent_id, agent_version, task_type, environment, day, escalation_reason AS reason,
    escalated_at, escalation_target AS target, picked_up_at, escalation_source AS source
FROM int_tasks WHERE escalated
