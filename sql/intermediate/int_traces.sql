-- grain: one row per given trace
-- The root of each trace (the earliest span whose parent is not in the trace) and the agent that owns it. A runtime that
-- serves tools (MCP) is no agent, unless a contract says so.
WITH servers AS (SELECT DISTINCT subject AS agent_runtime FROM int_inventory_rules WHERE rule = 'tool_server'),
steps AS (
    SELECT s.*, CASE WHEN t.agent_runtime IS NULL OR s.on_declared_host THEN s.own_agent_id END AS acting_agent_id
    FROM stg_spans s LEFT JOIN servers t USING (agent_runtime)
),
roots AS (
    SELECT s.trace_id, arg_min(s.span_id, (s.started_at, s.span_id)) AS span_id
    FROM stg_spans s
    ANTI JOIN stg_spans p ON p.trace_id = s.trace_id AND p.span_id = s.parent_span_id
    GROUP BY s.trace_id
),
facts AS (
    SELECT trace_id,
        arg_min(acting_agent_id, (started_at, span_id)) FILTER (acting_agent_id IS NOT NULL) AS agent_id,
        arg_min(agent_name, (started_at, span_id)) FILTER (agent_name IS NOT NULL AND acting_agent_id IS NOT NULL) AS first_name,
        arg_min(agent_name, (started_at, span_id)) FILTER (operation = 'invoke_agent' AND agent_name IS NOT NULL) AS invoked_name,
        arg_min(agent_version, (started_at, span_id)) FILTER (agent_version IS NOT NULL) AS agent_version,
        arg_min(session_id, (started_at, span_id)) FILTER (session_id IS NOT NULL) AS session_id,
        arg_min(task_key, (started_at, span_id)) FILTER (task_key IS NOT NULL) AS task_key,
        arg_min(task_type, (started_at, span_id)) FILTER (task_type IS NOT NULL) AS task_type,
        arg_min(environment, (started_at, span_id)) FILTER (environment IS NOT NULL) AS environment,
        arg_min(end_user_hash, (started_at, span_id)) FILTER (end_user_hash IS NOT NULL) AS end_user_hash,
        bool_or(operation = 'invoke_agent' OR on_declared_host
            OR (operation = 'server' AND agent_runtime IS NOT NULL AND acting_agent_id IS NOT NULL)) AS holds_agent,
        bool_or(is_inference OR operation = 'execute_tool') AS is_instrumented,
        bool_or(coalesce(in_progress, false)) AS in_progress
    FROM steps GROUP BY trace_id
),
-- Where the owning agent ran: the endpoint tells its version.
places AS (
    SELECT s.trace_id, arg_min(s.agent_runtime, (s.started_at, s.span_id)) AS agent_runtime,
        arg_min(coalesce(s.endpoint, 'DEFAULT'), (s.started_at, s.span_id)) AS endpoint
    FROM steps s JOIN facts f USING (trace_id)
    WHERE s.agent_runtime IS NOT NULL AND s.acting_agent_id = f.agent_id GROUP BY s.trace_id
)
SELECT f.trace_id, f.agent_id, coalesce(f.invoked_name, f.first_name) AS agent_name, f.agent_version, f.session_id, f.task_key,
    f.task_type, f.environment, f.end_user_hash, f.is_instrumented,
    f.holds_agent AND f.agent_id IS NOT NULL AS is_task,
    p.agent_runtime, p.endpoint, r.span_id AS root_span_id, s.started_at, s.duration_ms,
    CASE WHEN NOT coalesce(s.in_progress, false)
         THEN s.started_at + to_microseconds(coalesce(round(s.duration_ms * 1000), 0)::BIGINT) END AS ended_at,
    s.status = 'ERROR' AS root_error, s.status = 'OK' AS root_ok
FROM facts f
JOIN roots r USING (trace_id)
LEFT JOIN places p USING (trace_id)
JOIN stg_spans s ON s.trace_id = r.trace_id AND s.span_id = r.span_id
