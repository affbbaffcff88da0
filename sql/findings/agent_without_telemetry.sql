-- severity: error
-- wrong: The account lists this agent, but it has left no telemetry.
-- unknown: task_volume, success_rate, error_rate, task_latency, cost_per_task, cost_per_success
-- fix: Install aws-opentelemetry-distro in the agent and start it with opentelemetry-instrument; for <subject> see AgentCore console > Agents > Observability > Enable.
SELECT account_id, region, agent_id AS subject, coalesce(host, 'unknown host') || ', status ' || coalesce(status, 'not said') AS evidence
FROM mart.agents WHERE inventoried AND NOT discovered AND in_inventory_until IS NULL
ORDER BY ALL
