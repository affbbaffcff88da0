-- grain: one row per model call, reported by a span, by the invocation log, or by both
-- The invocation log's tokens win where the request id matches. The agent comes from the span, else the request's
-- metadata, else an inference profile or a role that a contract names or the inventory ties to one agent; else the call is
-- unattributed. The rule is stored. A server of tools (MCP) is no agent: its calls belong to the trace's agent.
WITH names AS (SELECT agent_name, arg_min(agent_id, (rank, agent_id)) AS agent_id FROM int_known_agents GROUP BY agent_name),
ids AS (SELECT DISTINCT agent_id FROM int_known_agents),
servers AS (SELECT DISTINCT subject AS agent_id FROM int_inventory_rules WHERE rule = 'tool_server'),
hosts AS (SELECT host, min(agent_id) AS agent_id FROM config.hosts GROUP BY host),
logged AS (
    SELECT i.* REPLACE (uncached_tokens(i.uncached_input_tokens, i.cache_read_tokens, i.cache_write_tokens,
            coalesce(m.input_means, d.input_means) = 'gross') AS uncached_input_tokens),
        coalesce(i.usage_malformed, false) OR contradicts(i.uncached_input_tokens, i.cache_read_tokens, i.cache_write_tokens,
            coalesce(m.input_means, d.input_means) = 'gross') AS usage_suspect,
        coalesce(ids.agent_id, names.agent_id,
            i.account_id || '/' || i.region || '/' || coalesce(i.meta_agent_id, i.meta_agent_name)) AS by_metadata,
        coalesce(by_profile.agent_id, profile.value) AS by_profile,
        coalesce(by_role.agent_id, by_role_name.agent_id, role.value) AS by_role
    FROM stg_invocations i
    JOIN int_usage_modes d ON d.instrumentation = 'invocation_log' AND d.provider_family = '*'
    LEFT JOIN int_usage_modes m ON m.instrumentation = 'invocation_log' AND m.provider_family = model_family(i.model_id_raw)
    LEFT JOIN ids ON ids.agent_id = i.meta_agent_id
    LEFT JOIN names ON names.agent_name = i.meta_agent_name
    LEFT JOIN hosts by_profile ON by_profile.host = i.model_id_raw
    LEFT JOIN hosts by_role ON by_role.host = i.principal_arn
    LEFT JOIN hosts by_role_name ON by_role_name.host = i.role_name
    LEFT JOIN int_inventory_rules profile ON profile.rule = 'profile' AND profile.subject = i.model_id_raw
    LEFT JOIN int_inventory_rules role ON role.rule = 'role' AND role.subject = i.role_name
        AND role.account_id = split_part(i.principal_arn, ':', 5)
)
SELECT coalesce(s.call_id, i.request_id) AS call_id, coalesce(s.request_id, i.request_id) AS request_id,
    s.trace_id, s.span_id,
    coalesce(s.acting_agent_id, t.agent_id, i.by_metadata, i.by_profile, i.by_role, 'unattributed') AS agent_id,
    CASE WHEN coalesce(s.acting_agent_id, t.agent_id) IS NOT NULL THEN 'span' WHEN i.by_metadata IS NOT NULL THEN 'metadata'
         WHEN i.by_profile IS NOT NULL THEN 'profile' WHEN i.by_role IS NOT NULL THEN 'role' ELSE 'none' END AS attribution,
    coalesce(s.agent_version, CASE WHEN coalesce(s.acting_agent_id, t.agent_id) = t.agent_id THEN t.agent_version END, i.meta_agent_version) AS agent_version,
    coalesce(s.environment, i.meta_environment) AS environment,
    coalesce(s.started_at, i.started_at) AS started_at, coalesce(s.day, local_day(i.started_at)) AS day,
    coalesce(s.duration_ms, i.latency_ms) AS duration_ms,
    CASE WHEN s.duration_ms IS NOT NULL THEN 'span' WHEN i.latency_ms IS NOT NULL THEN 'log' END AS duration_source,
    coalesce(s.ttft_ms, i.ttft_ms) AS ttft_ms, coalesce(i.model_id_raw, s.model_id_raw) AS model_id_raw,
    coalesce(i.model_id_raw, s.model_requested) AS model_requested, s.model_responded, s.provider,
    coalesce(i.region, s.region) AS region, coalesce(i.account_id, s.account_id) AS account_id,
    coalesce(i.service_tier, s.service_tier, 'default') AS service_tier,
    coalesce(i.uncached_input_tokens, s.uncached_input_tokens) AS uncached_input_tokens,
    coalesce(i.cache_read_tokens, s.cache_read_tokens) AS cache_read_tokens,
    coalesce(i.cache_write_tokens, s.cache_write_tokens) AS cache_write_tokens, i.cache_write_1h_tokens,
    coalesce(i.output_tokens, s.output_tokens) AS output_tokens,
    CASE WHEN coalesce(i.uncached_input_tokens, i.output_tokens) IS NOT NULL THEN 'invocation_log'
         WHEN coalesce(s.uncached_input_tokens, s.output_tokens) IS NOT NULL THEN s.counted_from END AS token_source,
    CASE WHEN coalesce(i.uncached_input_tokens, i.output_tokens) IS NOT NULL THEN i.usage_suspect
         ELSE coalesce(s.usage_suspect, i.usage_suspect, false) END AS usage_suspect,
    coalesce(i.stop_reason, s.stop_reason) AS stop_reason, coalesce(i.error_code, s.error_type) AS error_code,
    coalesce(s.is_error, false) OR i.error_code IS NOT NULL AS is_error,
    coalesce(s.throttled, false) OR is_throttle(i.error_code, NULL) AS throttled, i.guardrail, i.guardrail_action AS stated_guardrail_action
FROM (
    SELECT c.*, CASE WHEN v.agent_id IS NULL THEN c.own_agent_id END AS acting_agent_id
    FROM int_leaf_calls c LEFT JOIN servers v ON v.agent_id = c.own_agent_id
) s
FULL JOIN logged i ON i.request_id = s.request_id
LEFT JOIN int_traces t ON t.trace_id = s.trace_id
