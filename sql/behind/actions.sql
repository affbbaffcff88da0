-- The actions behind a number: how long each took from the finding to its verdict, or whether it has one.
WITH scoped AS (
    FROM (SELECT *, NULL::VARCHAR AS agent_version, NULL::VARCHAR AS task_type, NULL::VARCHAR AS environment FROM actions) WHERE :scope
)
SELECT action_id AS row_id, NULL::VARCHAR AS task_id, agent_id, taken_at AS happened_at, coalesce(title, action_id) AS what,
    CASE $kpi WHEN 'loop_velocity' THEN date_diff('millisecond', insight_at, verdict_at) ELSE (verdict IS NOT NULL)::INTEGER
    END::DOUBLE AS amount,
    CASE WHEN $kpi <> 'loop_velocity' THEN 1.0::DOUBLE END AS base
FROM scoped
WHERE CASE $kpi WHEN 'loop_velocity' THEN insight_at IS NOT NULL AND verdict_at IS NOT NULL ELSE day IS NOT NULL END
