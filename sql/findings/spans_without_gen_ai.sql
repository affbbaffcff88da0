-- severity: error
-- wrong: The newest day of this service's spans has none that names an AI operation, so no agent run or model call can be told.
-- unknown: task_volume, success_rate, cost_per_task, model_latency, tool_reliability
-- fix: Instrument <subject> with a framework that writes gen_ai attributes: pip install 'aws-opentelemetry-distro>=0.18.0', then start it with opentelemetry-instrument.
WITH newest AS (
    SELECT account_id, region, coalesce(agent_runtime, service_name) AS service, max(started_at) AS newest_at
    FROM raw.spans GROUP BY ALL
)
SELECT s.account_id, s.region, n.service AS subject, count(*) || ' spans in 24 hours, none with gen_ai.operation.name' AS evidence
FROM raw.spans s
JOIN newest n ON n.service = coalesce(s.agent_runtime, s.service_name) AND s.started_at > n.newest_at - INTERVAL 24 HOUR
    AND n.account_id IS NOT DISTINCT FROM s.account_id AND n.region IS NOT DISTINCT FROM s.region
GROUP BY s.account_id, s.region, n.service
HAVING count(operation) = 0 AND count(agent_runtime) > 0 AND count(*) >= 10
ORDER BY ALL
