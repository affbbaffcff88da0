-- grain: one row per span of the given traces
-- What a span says of itself, with the agent it names: a declared host, else the runtime in its ARN, else its own name.
-- What it lacks (session, agent name, stop reason, how its tool ended) comes from its event records.
WITH hosts AS (SELECT host, min(agent_id) AS agent_id FROM config.hosts GROUP BY host),
told AS (
    SELECT s.* REPLACE (
            coalesce(s.session_id, e.session_id) AS session_id, coalesce(s.agent_name, e.agent_name) AS agent_name,
            coalesce(s.stop_reason, e.stop_reason) AS stop_reason,
            CASE WHEN s.operation = 'execute_tool' THEN tool_end(s.tool_status, e.tool_result) ELSE s.tool_status END AS tool_status,
            coalesce(s.duration_ms, CASE WHEN s.last_seen_at > s.started_at AND NOT coalesce(s.in_progress, false)
                THEN date_diff('microsecond', s.started_at, s.last_seen_at) / 1000.0 END) AS duration_ms)
    FROM raw.spans s SEMI JOIN given_traces g USING (trace_id)
    LEFT JOIN stg_span_events e ON e.trace_id = s.trace_id AND e.span_id = s.span_id
    WHERE s.started_at BETWEEN getvariable('given_from') AND getvariable('given_to')
),
named AS (
    SELECT s.*,
        coalesce(chosen_name(s.agent_name), CASE WHEN s.operation = 'invoke_agent' AND s.agent_runtime IS NULL THEN chosen_name(s.service_name) END) AS own_name,
        regexp_replace(s.agent_runtime, '-[A-Za-z0-9]{10}$', '') AS runtime_name
    FROM told s
)
SELECT s.* EXCLUDE (agent_name, runtime_name, own_name, last_seen_at),
    coalesce(by_arn.agent_id, by_name.agent_id, s.agent_runtime,
        CASE WHEN s.own_name IS NOT NULL THEN s.account_id || '/' || s.region || '/' || s.own_name END) AS own_agent_id,
    coalesce(s.own_name, s.runtime_name) AS agent_name,
    by_arn.agent_id IS NOT NULL OR by_name.agent_id IS NOT NULL AS on_declared_host,
    s.operation IN ('chat', 'embeddings') AS is_inference,
    coalesce(s.model_responded, s.model_requested) AS model_id_raw,
    local_day(s.started_at) AS day
FROM named s
LEFT JOIN hosts by_arn ON by_arn.host = s.resource_arn
LEFT JOIN hosts by_name ON by_name.host = s.service_name
