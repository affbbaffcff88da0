-- grain: one row per span with which an agent begins to work, in the given tasks in which several agents work
-- An agent begins where a span invokes one, where a trace begins and where it enters another agent's host. A server of tools
-- (MCP) is no agent. A host's own span carries the name of the first agent that is invoked on it.
WITH servers AS (SELECT DISTINCT subject AS agent_runtime FROM int_inventory_rules WHERE rule = 'tool_server'),
steps AS (
    SELECT s.trace_id, s.span_id, s.parent_span_id, s.operation, s.started_at, s.duration_ms, s.agent_name,
        CASE WHEN v.agent_runtime IS NULL OR s.on_declared_host THEN s.own_agent_id END AS own_agent_id
    FROM stg_spans s LEFT JOIN servers v USING (agent_runtime)
),
names AS (
    SELECT trace_id, own_agent_id, arg_min(agent_name, (started_at, span_id)) AS agent_name FROM steps
    WHERE operation = 'invoke_agent' AND agent_name IS NOT NULL GROUP BY ALL
),
starts AS (
    SELECT t.task_id, s.trace_id, s.span_id, s.parent_span_id, coalesce(s.own_agent_id, t.agent_id) AS agent_id,
        CASE WHEN s.operation = 'invoke_agent' THEN coalesce(s.agent_name, n.agent_name, t.agent_name)
             ELSE coalesce(n.agent_name, CASE WHEN coalesce(s.own_agent_id, t.agent_id) = t.agent_id THEN t.agent_name END, s.agent_name) END AS agent_name,
        s.span_id = t.root_span_id AS is_root,
        greatest(s.started_at, t.started_at) AS began_at,
        CASE WHEN s.duration_ms IS NOT NULL AND t.duration_ms IS NOT NULL
             THEN least(s.started_at + to_microseconds(round(s.duration_ms * 1000)::BIGINT),
                 t.started_at + to_microseconds(round(t.duration_ms * 1000)::BIGINT)) END AS ended_at
    FROM steps s
    JOIN int_task_traces t USING (trace_id)
    LEFT JOIN steps p ON p.trace_id = s.trace_id AND p.span_id = s.parent_span_id
    LEFT JOIN names n ON n.trace_id = s.trace_id AND n.own_agent_id = coalesce(s.own_agent_id, t.agent_id)
    WHERE s.operation = 'invoke_agent' OR s.span_id = t.root_span_id
        OR (s.own_agent_id IS NOT NULL AND s.own_agent_id <> coalesce(p.own_agent_id, t.agent_id))
)
SELECT * FROM starts
QUALIFY count(DISTINCT (agent_id, agent_name)) OVER (PARTITION BY task_id) > 1
