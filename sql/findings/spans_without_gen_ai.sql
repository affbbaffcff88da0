-- severity: error
-- wrong: The newest day of this service's spans has none that names an AI operation, so no agent run or model call can be told.
-- unknown: task_volume, success_rate, cost_per_task, model_latency, tool_reliability
-- fix: Instrument <subject> with a framework that writes gen_ai attributes: pip install 'aws-opentelemetry-distro>=0.18.0', then start it with opentelemetry-instrument.
WITH services AS (
    SELECT account_id, region, coalesce(agent_runtime, service_name) AS service, started_at, operation, agent_runtime,
        max(started_at) OVER (PARTITION BY account_id, region, coalesce(agent_runtime, service_name)) AS newest_at
    FROM raw.spans
)
SELECT account_id, region, service AS subject, count(*) || ' spans in 24 hours, none with gen_ai.operation.name' AS evidence
FROM services
WHERE service IS NOT NULL AND started_at > newest_at - INTERVAL 24 HOUR
GROUP BY account_id, region, service
HAVING count(operation) = 0 AND count(agent_runtime) > 0 AND count(*) >= 10
ORDER BY ALL
