-- grain: one row per given task
-- A task with the last word on it. Its own version and type come from its spans, else from its events.
SELECT a.task_id, coalesce(a.business_key, v.task_key) AS business_key, a.agent_id, a.agent_name,
    coalesce(a.agent_version, v.agent_version) AS agent_version, a.session_id, a.trace_id,
    coalesce(a.task_type, v.task_type) AS task_type,
    coalesce(v.environment, a.declared_environment, a.environment) AS environment,
    coalesce(a.sealed_day, local_day(a.started_at)) AS day, a.started_at, a.ended_at, a.duration_ms, a.root_ok, a.root_error, a.success_rule,
    a.end_user_hash, a.attempts, a.is_instrumented,
    v.verdict, v.reason, v.escalated, v.escalation_reason, v.escalation_target, v.escalated_at, v.picked_up_at, v.escalation_source, v.confidence, v.segment,
    coalesce(v.human_labels, 0) AS human_labels, coalesce(v.judge_labels, 0) AS judge_labels,
    coalesce(v.outcome_labels, 0) AS outcome_labels, v.truth_score, v.truth_weight, v.truth_source,
    v.corrected, CASE WHEN v.corrected THEN v.corrected_at END AS corrected_at, v.human_minutes, v.baseline_minutes,
    a.ended_at IS NULL AND a.started_at > getvariable('now') - to_microseconds((a.max_task_hours * 3.6e9)::BIGINT) AS in_flight
FROM int_attempts a LEFT JOIN int_verdicts v USING (task_id)
