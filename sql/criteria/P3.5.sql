-- label: The threshold is justified
-- question: Is it proven that what the agent keeps to itself is right often enough?
-- pillar: 3
-- star: no
-- part: certified | certified | | checked answers at or above the threshold were right | Name `confidence_threshold` in the contract, and draw answers of this version at random for review.
-- do_next: Review more random answers above the threshold, or raise it until the promise is proven.
-- version: 1
-- Random checks of the last 90 days and of the version at work now: another model or prompt needs another proof. The promise is
-- the agent's target for accuracy, else 95 %.
WITH latest AS (
    SELECT agent_id, arg_max(agent_version, started_at) AS version FROM main.tasks WHERE agent_version IS NOT NULL AND day < $to GROUP BY agent_id
),
promise AS (
    SELECT agent_id, arg_max(target, valid_from) AS target FROM targets
    WHERE kpi = 'accuracy' AND limit_kind = 'min' AND valid_from < $to GROUP BY agent_id
)
SELECT t.agent_id, 'certified' AS part, count(*) FILTER (t.truth_score >= 0.5) AS yes, count(*) AS n,
    coalesce(any_value(p.target), 0.95) AS target
FROM main.tasks t
JOIN agents a ON a.agent_id = t.agent_id AND t.confidence >= a.confidence_threshold
LEFT JOIN latest l ON l.agent_id = t.agent_id
LEFT JOIN promise p ON p.agent_id = t.agent_id
WHERE t.day >= $to - 90 AND t.day < $to AND t.truth_weight > 0 AND t.escalated IS NOT TRUE AND t.agent_version IS NOT DISTINCT FROM l.version
    AND (t.environment IS NULL OR NOT list_contains($left_out::VARCHAR[], t.environment))
GROUP BY t.agent_id
