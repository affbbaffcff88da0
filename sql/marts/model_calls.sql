-- table: model_calls
-- grain: one row per model call, counted once however many spans and logs report it
-- replaces: call_id IN (FROM given_calls)
-- column call_id: the request id, else trace id and span id
-- column request_id: AWS request id; joins the invocation log
-- column task_id: the task it served; NULL where no rule attributes the call to a task
-- column trace_id: W3C trace id
-- column span_id: the leaf span that reports the call
-- column agent_id: the agent, or 'unattributed': such money stays visible on its own line
-- column agent_version: version of the agent
-- column task_type: kind of task
-- column environment: environment of the task, else of the call
-- column attribution: rule that found the agent: span, metadata, profile, role, none
-- column day: calendar day of the call's start in the organisation's time zone
-- column started_at: start, UTC
-- column duration_ms: request to last token, ms; NULL where not measured
-- column duration_source: span or log
-- column ttft_ms: time to the first token, ms
-- column model: canonical model id without ARN and cross-Region prefix
-- column model_id_raw: model id as the caller passed it
-- column model_requested: model id that the caller asked for, without ARN and cross-Region prefix
-- column model_answered: model that the answer names, the same way; NULL where it names none. Unlike `model` it never follows the request
-- column model_scope: regional or global, for the price
-- column provider: provider that the span names
-- column region: source Region of the call
-- column account_id: AWS account
-- column service_tier: tier requested
-- column uncached_input_tokens: input tokens that were not read from a cache
-- column cache_read_tokens: input tokens read from the prompt cache
-- column cache_write_5m_tokens: tokens written for five minutes, or for an unknown lifetime (price_state estimated)
-- column cache_write_1h_tokens: tokens written for an hour
-- column output_tokens: tokens produced
-- column token_source: whose tokens these are: invocation_log, span, agent_total
-- column usage_suspect: the counts contradict themselves
-- column stop_reason: why the model stopped
-- column error_code: error of a failed call
-- column is_error: the call failed
-- column throttled: the call was refused for its rate
-- column guardrail_action: none, detected, masked, blocked, intervened; NULL = no guardrail's word
-- column guardrail_assessed: a guardrail looked at the call
-- column cost_usd: list-price cost, USD; NULL = unpriced, never 0
-- column price_state: priced, estimated, unpriced
-- column cache_savings_usd: what the prompt cache saved, less what writing to it cost extra, USD; below 0 where that was more; NULL = not known
SELECT c.call_id, c.request_id, tt.task_id, c.trace_id, c.span_id, c.agent_id,
    version_of(c.agent_id, c.agent_version, t.agent_id, t.agent_version) AS agent_version, t.task_type,
    coalesce(t.environment, c.environment) AS environment, c.attribution, c.day, c.started_at, c.duration_ms, c.duration_source,
    c.ttft_ms, k.model, c.model_id_raw, canonical_model(c.model_requested) AS model_requested, canonical_model(c.model_responded) AS model_answered,
    k.model_scope, c.provider, c.region, c.account_id, c.service_tier,
    c.uncached_input_tokens, c.cache_read_tokens, k.cache_write_5m_tokens, c.cache_write_1h_tokens, c.output_tokens,
    c.token_source, c.usage_suspect, c.stop_reason, c.error_code, c.is_error, c.throttled,
    g.action AS guardrail_action, g.call_id IS NOT NULL AS guardrail_assessed, k.cost_usd, k.price_state,
    k.cache_savings_usd
FROM int_calls c
JOIN int_call_costs k USING (call_id)
LEFT JOIN int_guardrail_calls g USING (call_id)
LEFT JOIN int_task_traces tt ON tt.trace_id = c.trace_id
LEFT JOIN int_tasks t ON t.task_id = tt.task_id
