-- table: task_agents
-- grain: one row per task × agent at work in it, for tasks in which several agents work: exclusive cost and time, which add up to the task's
-- replaces: task_id IN (FROM given_tasks)
-- column task_id: the task
-- column agent_id: the agent that owns the task: its outcome is that one's
-- column acting_agent_id: the agent at work
-- column acting_agent_name: its name on its spans; agents in one host share the id and differ by name
-- column is_root: it owns the task
-- column agent_version: version of the agent that owns the task
-- column task_type: kind of task
-- column environment: environment of the task
-- column day: calendar day of the task in the organisation's time zone
-- column exclusive_ms: time in which it was the innermost agent at work, ms; agents side by side share it; NULL where not measured
-- column model_calls: model calls of its own, not of agents below it
-- column priced_calls: those with a price
-- column cost_usd: list-price cost of those calls, USD; NULL where none is priced, 0 where it made none
-- column uncached_input_tokens: input tokens not read from a cache
-- column cache_read_tokens: input tokens read from a cache
-- column output_tokens: tokens produced
-- column tool_calls: tool calls of its own
-- column tool_errors: those that did not end well
WITH model AS (
    SELECT c.trace_id, b.start_span_id, count(*) AS calls, count(*) FILTER (k.price_state <> 'unpriced') AS priced,
        sum(k.cost_usd) AS cost_usd, sum(c.uncached_input_tokens) AS uncached, sum(c.cache_read_tokens) AS cache_read,
        sum(c.output_tokens) AS output
    FROM int_calls c JOIN int_call_costs k USING (call_id)
    JOIN int_acting_agents b ON b.what = 'model_call' AND b.trace_id = c.trace_id AND b.span_id = c.span_id
    GROUP BY ALL
),
tools AS (
    SELECT c.trace_id, b.start_span_id, count(*) AS calls, count(*) FILTER (c.outcome <> 'ok') AS errors
    FROM int_tool_calls c JOIN int_acting_agents b ON b.what = 'tool_call' AND b.trace_id = c.trace_id AND b.span_id = c.span_id
    GROUP BY ALL
),
-- A call under no agent that can be seen belongs to the root.
work AS (
    SELECT s.task_id, s.agent_id AS acting_agent_id, s.agent_name AS acting_agent_name, bool_or(s.is_root) AS is_root,
        CASE WHEN count(t.exclusive_ms) = count(*) THEN sum(t.exclusive_ms) END AS exclusive_ms,
        coalesce(sum(m.calls), 0)::BIGINT AS model_calls, coalesce(sum(m.priced), 0)::BIGINT AS priced_calls,
        CASE WHEN sum(m.calls) IS NULL THEN 0 ELSE sum(m.cost_usd) END AS cost_usd,
        coalesce(sum(m.uncached), 0)::BIGINT AS uncached_input_tokens, coalesce(sum(m.cache_read), 0)::BIGINT AS cache_read_tokens,
        coalesce(sum(m.output), 0)::BIGINT AS output_tokens,
        coalesce(sum(o.calls), 0)::BIGINT AS tool_calls, coalesce(sum(o.errors), 0)::BIGINT AS tool_errors
    FROM int_agent_starts s
    JOIN int_agent_time t USING (trace_id, span_id)
    LEFT JOIN model m ON m.trace_id = s.trace_id AND (m.start_span_id = s.span_id OR (m.start_span_id IS NULL AND s.is_root))
    LEFT JOIN tools o ON o.trace_id = s.trace_id AND (o.start_span_id = s.span_id OR (o.start_span_id IS NULL AND s.is_root))
    GROUP BY ALL
)
SELECT w.task_id, t.agent_id, w.acting_agent_id, w.acting_agent_name, w.is_root, t.agent_version, t.task_type, t.environment, t.day,
    w.exclusive_ms, w.model_calls, w.priced_calls, w.cost_usd, w.uncached_input_tokens, w.cache_read_tokens, w.output_tokens,
    w.tool_calls, w.tool_errors
FROM (
    FROM work UNION ALL BY NAME SELECT * FROM sealed.task_agents SEMI JOIN int_sealed_tasks USING (task_id)
) w JOIN int_tasks t USING (task_id)
