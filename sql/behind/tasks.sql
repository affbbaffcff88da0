-- The tasks behind a number: `amount` adds up to its numerator, `base` to its denominator.
WITH scoped AS (SELECT * FROM tasks WHERE :scope),
judged AS (
    SELECT task_id, bool_and(passed) AS passed FROM (
        SELECT task_id, rubric, avg(good) >= 0.5 AS passed FROM labels WHERE kind = 'judge' AND good IS NOT NULL GROUP BY ALL)
    GROUP BY task_id
),
people AS (
    SELECT task_id, avg(score) >= 0.5 AS said_right FROM labels
    WHERE kind = 'human' AND rubric NOT IN ('escalation.needed', 'guardrail.right') AND score IS NOT NULL GROUP BY task_id
),
facts AS (
    SELECT t.*, a.hourly_rate_usd, coalesce(t.deadline_minutes, a.deadline_minutes) AS promised_minutes, j.passed, p.said_right,
        coalesce(t.status_source NOT IN ('escalation', 'lifecycle'), false) AND t.status IS NOT NULL AS has_verdict,
        coalesce(t.status = 'success', false) AS good,
        coalesce(t.cost_usd, 0)::DOUBLE + coalesce(t.human_minutes, 0) * a.hourly_rate_usd / 60
            + CASE WHEN t.status = 'failed' AND t.human_touch IS NOT TRUE THEN coalesce(a.error_cost_usd, 0) ELSE 0 END AS full_cost,
        coalesce(t.duration_ms, date_diff('millisecond', t.started_at, t.ended_at)) > promised_minutes * 60000
            OR (t.ended_at IS NULL AND t.mature) AS late,
        t.confidence < a.confidence_threshold AND t.escalated IS NOT TRUE AS leaked
    FROM scoped t LEFT JOIN agents a USING (agent_id) LEFT JOIN judged j USING (task_id) LEFT JOIN people p USING (task_id)
),
told AS (
    SELECT task_id AS row_id, task_id, agent_id, started_at AS happened_at, coalesce(task_type, 'unknown') AS what,
        CASE $kpi
            WHEN 'cost_per_task' THEN mature
            WHEN 'cost_per_success' THEN true
            WHEN 'full_cost_per_success' THEN mature AND hourly_rate_usd IS NOT NULL
            WHEN 'minutes_saved' THEN mature AND baseline_minutes IS NOT NULL AND (has_verdict OR human_minutes IS NOT NULL)
            WHEN 'net_value' THEN mature AND hourly_rate_usd IS NOT NULL AND (baseline_minutes IS NOT NULL OR value_usd IS NOT NULL)
            WHEN 'sla_attainment' THEN promised_minutes IS NOT NULL AND mature AND coalesce(status, '') <> 'cancelled'
                AND (late OR leaked OR status IS NOT NULL OR escalated)
            WHEN 'judge_agreement' THEN passed IS NOT NULL AND said_right IS NOT NULL
        END AS counted,
        CASE $kpi
            WHEN 'cost_per_task' THEN cost_usd
            WHEN 'cost_per_success' THEN cost_usd
            WHEN 'full_cost_per_success' THEN full_cost
            WHEN 'minutes_saved' THEN 60000 * (CASE WHEN good THEN baseline_minutes ELSE 0 END - coalesce(human_minutes, 0))
            WHEN 'net_value' THEN CASE WHEN NOT good THEN 0 WHEN value_usd IS NOT NULL THEN value_usd
                ELSE coalesce(baseline_minutes, 0) * hourly_rate_usd / 60 END - full_cost
            WHEN 'sla_attainment' THEN (late IS NOT TRUE AND (good OR escalated IS TRUE) AND leaked IS NOT TRUE)::INTEGER
            WHEN 'judge_agreement' THEN (passed = said_right)::INTEGER
        END::DOUBLE AS amount,
        CASE $kpi
            WHEN 'cost_per_success' THEN CASE WHEN has_verdict THEN good::INTEGER END
            WHEN 'full_cost_per_success' THEN CASE WHEN has_verdict THEN good::INTEGER END
            WHEN 'minutes_saved' THEN NULL WHEN 'net_value' THEN NULL
            ELSE 1
        END::DOUBLE AS base
    FROM facts
)
SELECT * EXCLUDE counted FROM told WHERE counted
