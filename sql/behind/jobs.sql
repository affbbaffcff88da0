-- The jobs behind consistency: each business key with its tries. `amount` is the share of them that succeeded, the chance that one does.
SELECT agent_id || '/' || business_key AS row_id, NULL::VARCHAR AS task_id, agent_id, max(started_at) AS happened_at,
    count(*) FILTER (status = 'success') || ' of ' || count(*) AS what,
    count(*) FILTER (status = 'success') / count(*)::DOUBLE AS amount, 1.0::DOUBLE AS base
FROM tasks
WHERE :scope AND status_source NOT IN ('escalation', 'lifecycle') AND status IS NOT NULL AND business_key IS NOT NULL AND $kpi = 'pass_k'
GROUP BY agent_id, business_key
