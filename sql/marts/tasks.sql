-- table: tasks
-- grain: one row per task: one trace that holds an agent span, or the attempts that the agent's contract merges
-- replaces: task_id IN (FROM given_tasks)
-- column task_id: the trace id, or agent and business key (or session) where the contract merges attempts
-- column business_key: task.id, the owner's own number of the job
-- column agent_id: the agent that owns the root
-- column agent_name: its declared name, else the name on its spans
-- column agent_version: version on the span, else in the outcome event
-- column session_id: conversation or session
-- column trace_id: trace of the first attempt
-- column task_type: kind of task
-- column environment: as declared, else as the telemetry says
-- column day: calendar day of the start in the organisation's time zone
-- column started_at: start of the root, UTC
-- column ended_at: end of the root, UTC; NULL while it runs
-- column duration_ms: the root's own duration, ms; NULL where not measured
-- column status: success, failed, escalated, abandoned, cancelled, in_flight; NULL = finished, no verdict
-- column status_source: verdict, escalation, root_status, lifecycle, or rule:<name> where a rule of the owner's decides
-- column verdict: success, failed, partial, abandoned, as last reported
-- column reason: reason that came with the verdict, or that the rule gave
-- column end_user_hash: SHA-256 of the user id
-- column segment: the owner's segments, as reported and as rules decide
-- column attempts: traces that make up the task
-- column mature: finished, or too old to finish, and no rule waits with its word
-- column cost_usd: list-price cost of its priced calls, USD; NULL where none is priced
-- column cost_state: priced, estimated, partial (a lower bound), unpriced, none (no call seen)
-- column model_calls: model calls; NULL where nothing below the agent is instrumented
-- column tool_calls: tool calls; NULL where nothing below the agent is instrumented
-- column model_errors: failed model calls
-- column tool_errors: tool calls that did not end well
-- column priced_calls: model calls with a price
-- column uncached_input_tokens: input tokens not read from a cache
-- column cache_read_tokens: input tokens read from a cache
-- column cache_write_tokens: tokens written to a cache, any lifetime
-- column output_tokens: tokens produced
-- column confidence: the agent's own statement, 0 to 1
-- column escalated: handed to people; NULL = nobody said
-- column escalation_reason: why
-- column truth_score: what turned out to be right, 0 to 1: system of record, else a drawn human label
-- column truth_weight: 1 / inclusion probability of that label
-- column truth_source: outcome or human
-- column human_labels: labels by people
-- column judge_labels: labels by a model or by code
-- column outcome_labels: outcomes reported
-- column corrected: a person changed the result; NULL = nobody said
-- column human_minutes: minutes that people spent on it, as reported; NULL = nobody said
-- column human_touch: a person took it over, corrected it or spent minutes on it; NULL = nobody reported anything of it
-- column baseline_minutes: minutes people would have taken, as reported for this task, else the contract's
-- column baseline_low_minutes: the least they would have taken
-- column baseline_high_minutes: the most they would have taken
-- column corrected_at: when a person first changed the result, UTC; NULL = nobody said so
-- column value_usd: what it is worth as a rule decides, USD; NULL = no rule says
-- column deadline_minutes: its own deadline as a rule decides, minutes; NULL = the contract's holds
-- column waits_until: when the rule that decides its status will have waited long enough, UTC; NULL = nothing is waited for
-- column root_error: the root span ended with an error
WITH own_calls AS (
    SELECT tt.task_id, count(*) AS model_calls, count(*) FILTER (c.is_error) AS model_errors,
        count(*) FILTER (k.price_state <> 'unpriced') AS priced_calls, count(*) FILTER (k.price_state = 'estimated') AS estimated_calls,
        sum(k.cost_usd) AS cost_usd, sum(c.uncached_input_tokens) AS uncached_input_tokens, sum(c.cache_read_tokens) AS cache_read_tokens,
        sum(c.cache_write_tokens) AS cache_write_tokens, sum(c.output_tokens) AS output_tokens
    FROM int_calls c JOIN int_call_costs k USING (call_id) JOIN int_task_traces tt ON tt.trace_id = c.trace_id
    GROUP BY tt.task_id
),
-- Calls and tools of attempts that are no longer kept are in the sealed sums.
calls AS (
    SELECT task_id, sum(model_calls)::BIGINT AS model_calls, sum(model_errors)::BIGINT AS model_errors,
        sum(priced_calls)::BIGINT AS priced_calls, sum(estimated_calls)::BIGINT AS estimated_calls, sum(cost_usd) AS cost_usd,
        sum(uncached_input_tokens) AS uncached_input_tokens, sum(cache_read_tokens) AS cache_read_tokens,
        sum(cache_write_tokens) AS cache_write_tokens, sum(output_tokens) AS output_tokens
    FROM (
        FROM own_calls UNION ALL BY NAME
        SELECT task_id, model_calls, model_errors, priced_calls, estimated_calls, cost_usd, uncached_input_tokens, cache_read_tokens,
            cache_write_tokens, output_tokens FROM int_sealed_tasks WHERE has_calls)
    GROUP BY task_id
),
own_tools AS (
    SELECT tt.task_id, count(*) AS tool_calls, count(*) FILTER (s.outcome <> 'ok') AS tool_errors
    FROM int_tool_calls s JOIN int_task_traces tt USING (trace_id) GROUP BY tt.task_id
),
tools AS (
    SELECT task_id, sum(tool_calls)::BIGINT AS tool_calls, sum(tool_errors)::BIGINT AS tool_errors
    FROM (FROM own_tools UNION ALL BY NAME SELECT task_id, tool_calls, tool_errors FROM int_sealed_tasks WHERE tool_calls > 0)
    GROUP BY task_id
)
SELECT t.task_id, t.business_key, t.agent_id, t.agent_name, t.agent_version, t.session_id, t.trace_id, t.task_type, t.environment,
    t.day, t.started_at, t.ended_at, t.duration_ms,
    CASE WHEN t.verdict = 'success' THEN 'success' WHEN t.verdict IN ('failed', 'partial') THEN 'failed'
         WHEN t.verdict = 'abandoned' THEN 'abandoned' WHEN t.escalated THEN 'escalated'
         WHEN x.task_id IS NOT NULL THEN 'cancelled' WHEN t.in_flight THEN 'in_flight'
         WHEN t.ended_at IS NULL THEN 'abandoned' WHEN t.success_rule = 'status_ok' AND t.root_ok THEN 'success'
         WHEN t.success_rule = 'status_ok' AND t.root_error THEN 'failed' END AS status,
    CASE WHEN t.verdict IS NOT NULL THEN 'verdict' WHEN t.escalated THEN 'escalation'
         WHEN x.task_id IS NOT NULL OR t.ended_at IS NULL THEN 'lifecycle'
         WHEN t.success_rule = 'status_ok' AND (t.root_ok OR t.root_error) THEN 'root_status' END AS status_source,
    t.verdict, coalesce(t.reason, CASE WHEN t.verdict = 'partial' THEN 'partial' END) AS reason, t.end_user_hash,
    from_json(t.segment, '"MAP(VARCHAR, VARCHAR)"')::MAP(VARCHAR, VARCHAR) AS segment, t.attempts,
    x.task_id IS NOT NULL OR NOT t.in_flight AS mature, c.cost_usd::DECIMAL(18,9) AS cost_usd,
    CASE WHEN c.task_id IS NULL THEN 'none' WHEN c.priced_calls = 0 THEN 'unpriced' WHEN c.priced_calls < c.model_calls THEN 'partial'
         WHEN c.estimated_calls > 0 THEN 'estimated' ELSE 'priced' END AS cost_state,
    CASE WHEN t.is_instrumented OR c.task_id IS NOT NULL THEN coalesce(c.model_calls, 0) END AS model_calls,
    CASE WHEN t.is_instrumented OR c.task_id IS NOT NULL THEN coalesce(s.tool_calls, 0) END AS tool_calls,
    CASE WHEN t.is_instrumented OR c.task_id IS NOT NULL THEN coalesce(c.model_errors, 0) END AS model_errors,
    CASE WHEN t.is_instrumented OR c.task_id IS NOT NULL THEN coalesce(s.tool_errors, 0) END AS tool_errors,
    CASE WHEN t.is_instrumented OR c.task_id IS NOT NULL THEN coalesce(c.priced_calls, 0) END AS priced_calls,
    c.uncached_input_tokens::BIGINT AS uncached_input_tokens, c.cache_read_tokens::BIGINT AS cache_read_tokens,
    c.cache_write_tokens::BIGINT AS cache_write_tokens, c.output_tokens::BIGINT AS output_tokens,
    t.confidence, t.escalated, t.escalation_reason, t.truth_score, t.truth_weight, t.truth_source, t.human_labels, t.judge_labels,
    t.outcome_labels, t.corrected, t.human_minutes,
    CASE WHEN t.escalated OR t.corrected OR t.human_minutes > 0 THEN true
         WHEN coalesce(t.verdict, t.escalated::VARCHAR, t.corrected::VARCHAR, t.human_minutes::VARCHAR) IS NOT NULL THEN false
    END AS human_touch,
    coalesce(t.baseline_minutes, b.baseline_minutes) AS baseline_minutes,
    coalesce(t.baseline_minutes, b.baseline_low_minutes, b.baseline_minutes) AS baseline_low_minutes,
    coalesce(t.baseline_minutes, b.baseline_high_minutes, b.baseline_minutes) AS baseline_high_minutes,
    coalesce(t.root_error, false) AS root_error, t.corrected_at, NULL::DECIMAL(18,9) AS value_usd,
    NULL::DOUBLE AS deadline_minutes, NULL::TIMESTAMP AS waits_until
FROM int_tasks t LEFT JOIN calls c USING (task_id) LEFT JOIN tools s USING (task_id) LEFT JOIN int_cancelled x USING (task_id)
LEFT JOIN config.contracts b ON b.agent_id = t.agent_id
