-- The hand-overs behind a number: how long each waited, or whether it still waits.
SELECT handover_id AS row_id, task_id, agent_id, handed_over_at AS happened_at, coalesce(queue, 'unknown') AS what,
    CASE $kpi WHEN 'pickup_time' THEN pickup_ms ELSE (picked_up_at IS NULL AND dropped_at IS NULL)::INTEGER END::DOUBLE AS amount,
    CASE WHEN $kpi <> 'pickup_time' THEN 1.0::DOUBLE END AS base
FROM handovers
WHERE :scope AND CASE $kpi WHEN 'pickup_time' THEN pickup_ms IS NOT NULL ELSE followed END
