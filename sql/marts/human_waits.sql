-- table: human_waits
-- grain: one row per wait of an execution for somebody's answer
-- replaces: true
-- column wait_id: execution and the number of the event that asked
-- column execution_arn: ARN of the execution
-- column agent_id: the agent that the state machine belongs to; NULL where no contract names it
-- column agent_version: version of the state machine
-- column state: state that waits
-- column resource: how it asked, such as sqs:sendMessage.waitForTaskToken
-- column day: calendar day of the asking in the organisation's time zone
-- column submitted_at: when it asked, UTC
-- column ended_at: when the wait ended, UTC; NULL while it is open
-- column wait_s: seconds waited; NULL while it is open
-- column outcome: answered (whatever the answer), failed (the task token came back with an error), timed_out, cancelled; NULL = open
SELECT w.execution_arn || '#' || w.event_id AS wait_id, w.execution_arn, e.agent_id, e.agent_version, w.state, w.resource,
    local_day(w.submitted_at) AS day, w.submitted_at, w.ended_at,
    date_diff('microsecond', w.submitted_at, w.ended_at) / 1e6 AS wait_s, w.outcome
FROM raw.human_waits w LEFT JOIN mart.executions e USING (execution_arn)
ORDER BY w.submitted_at, wait_id
