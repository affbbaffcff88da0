-- feed: agent_trace_records
-- into: raw.spans
-- key: trace_id, span_id
-- time: started_at
-- touches: trace trace_id
-- least: started_at, in_progress, status, tool_status
-- Trace parts of classic Bedrock Agents, bare or in the `message` of Lambda's JSON logging: each adds what it knows to the
-- run of its agent and to the model call, tool call, look-up, guardrail or observation of its step. Parts of one step share
-- an id and land on one row, whatever their order. One trace is one InvokeAgent call: what the caller named
-- (`trace_id`, `invocation_id`), else the session and the part of the step ids that all steps of a run share.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
unwrapped AS (
    SELECT t, i, e, CASE WHEN json_type(m, '$.message') = 'OBJECT' THEN m->'$.message'
        WHEN json_type(m, '$.message') = 'VARCHAR' AND json_valid(m->>'$.message') THEN (m->>'$.message')::JSON ELSE m END AS p
    FROM records
),
opened AS (
    SELECT t, i, e, p, p->>'$."event.name"' AS event_name, p->'$.trace.guardrailTrace' AS guardrail, p->'$.trace.failureTrace' AS failure,
        list_filter(['orchestration', 'preProcessing', 'postProcessing', 'routingClassifier', 'customOrchestration'],
            lambda k: json_exists(p, '$.trace.' || k || 'Trace'))[1] AS phase,
        json_extract(p, '$.trace.' || phase || 'Trace') AS block,
        block->'$.modelInvocationInput' AS asked, block->'$.modelInvocationOutput' AS said, block->'$.invocationInput' AS called,
        block->'$.observation' AS seen, json_extract_string(p, '$.callerChain[#-1].agentAliasArn') AS own_arn,
        coalesce(json_array_length(p, '$.callerChain'), 1) > 1 AS is_nested,
        coalesce(asked->>'$.traceId', said->>'$.traceId', called->>'$.traceId', seen->>'$.traceId', block->>'$.rationale.traceId',
            guardrail->>'$.traceId', failure->>'$.traceId', block->>'$.traceId') AS step,
        coalesce(nullif(regexp_extract(step, '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'), ''),
            regexp_replace(step, '-[a-z-]*\d+$', '')) AS run,
        lower(regexp_replace(replace(p->>'$.trace_id', '-', ''), '^1(.{32})$', '\1')) AS given_trace,
        coalesce(utc_timestamp(p->>'$.eventTime'), make_timestamp(t * 1000)) AS at_time
    FROM unwrapped
),
placed AS (
    SELECT *, coalesce(p->>'$.invocation_id', CASE WHEN NOT is_nested THEN (p->>'$.sessionId') || '|' || run END) AS call,
        CASE WHEN regexp_matches(given_trace, '^[0-9a-f]{32}$') THEN given_trace
             ELSE md5(coalesce(call, (p->>'$.sessionId') || '|' || run)) END AS trace_id,
        short_id(coalesce(call, ''), CASE WHEN is_nested THEN run ELSE '' END) AS run_span,
        coalesce(p->>'$.agentId', split_part(own_arn, '/', 2)) AS agent, coalesce(p->>'$.agentAliasId', split_part(own_arn, '/', 3)) AS alias,
        step_tool(called, seen) AS tool,
        coalesce(seen->'$.actionGroupInvocationOutput.metadata', seen->'$.knowledgeBaseLookupOutput.metadata',
            seen->'$.agentCollaboratorInvocationOutput.metadata', seen->'$.codeInterpreterInvocationOutput.metadata',
            said->'$.metadata', guardrail->'$.metadata', failure->'$.metadata') AS measured,
        try_cast(coalesce(measured->>'$.totalTimeMs', measured->>'$.operationTotalTimeMs') AS DOUBLE) AS took_ms,
        coalesce(utc_timestamp(measured->>'$.startTime'), at_time - to_microseconds(coalesce(round(took_ms * 1000), 0)::BIGINT)) AS begun_at,
        CASE seen->>'$.type' WHEN 'ASK_USER' THEN 'ASK_USER' WHEN 'REPROMPT' THEN 'REPROMPT'
             ELSE CASE WHEN called->>'$.actionGroupInvocationInput.executionType' = 'RETURN_CONTROL' THEN 'RETURN_CONTROL' END END AS noted,
    CASE WHEN e IS NOT NULL AND json_type(p) = 'OBJECT' AND event_name IS DISTINCT FROM 'bedrock.agent.trace' THEN 'other_record' END AS skip,
    CASE WHEN e IS NULL THEN 'malformed_json' WHEN json_type(p) IS DISTINCT FROM 'OBJECT' THEN 'not_an_object'
         WHEN coalesce(step, '') = '' OR coalesce(p->>'$.sessionId', p->>'$.invocation_id', given_trace) IS NULL THEN 'missing_id'
         WHEN coalesce(agent, p->>'$."gen_ai.agent.name"', '') = '' THEN 'missing_agent'
         WHEN at_time IS NULL THEN 'missing_time' WHEN took_ms < 0 THEN 'negative_duration' END AS reject
    FROM opened
),
rows AS (
    SELECT *, unnest(list_filter(['run', CASE WHEN asked IS NOT NULL OR said IS NOT NULL THEN 'model' END,
        CASE WHEN tool IS NOT NULL THEN 'tool' END, CASE WHEN noted IS NOT NULL THEN 'note' END,
        CASE WHEN guardrail IS NOT NULL THEN 'guardrail' END], lambda k: k = 'run' OR (k IS NOT NULL AND reject IS NULL))) AS what
    FROM placed
),
failed AS (
    SELECT *, CASE WHEN what <> 'run' OR failure IS NULL THEN NULL
        WHEN is_throttle(failure->>'$.failureReason', try_cast(failure->>'$.failureCode' AS INTEGER)) THEN 'throttle'
        WHEN regexp_matches(lower(failure->>'$.failureReason'), 'timeout|timed out') THEN 'timeout'
        WHEN regexp_matches(lower(failure->>'$.failureReason'), 'access ?denied|not authorized') THEN 'access_denied' ELSE 'failure' END AS error
    FROM rows
)
SELECT e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    skip, reject,
    trace_id, CASE what WHEN 'run' THEN run_span ELSE short_id(run_span, coalesce(step, '') || what || CASE what WHEN 'note' THEN noted ELSE '' END) END AS span_id,
    CASE WHEN what <> 'run' THEN run_span WHEN NOT is_nested THEN lower(p->>'$.span_id') WHEN call IS NOT NULL THEN short_id(call, '') END AS parent_span_id,
    p->>'$.sessionId' AS session_id,
    CASE what WHEN 'run' THEN 'InvokeAgent' WHEN 'model' THEN 'chat ' || phase WHEN 'note' THEN 'observation ' || noted WHEN 'guardrail' THEN 'guardrail'
        ELSE CASE tool WHEN 'KNOWLEDGE_BASE' THEN 'Retrieve' ELSE 'execute_tool ' || lower(tool) END END AS name,
    CASE what WHEN 'run' THEN 'SERVER' WHEN 'note' THEN 'INTERNAL' ELSE 'CLIENT' END AS kind, 'bedrock_agent' AS dialect,
    -- A collaborator whose caller's run is not known is no task of its own.
    CASE what WHEN 'run' THEN CASE WHEN is_nested AND call IS NULL AND given_trace IS NULL THEN 'other' ELSE 'invoke_agent' END
        WHEN 'model' THEN 'chat' WHEN 'guardrail' THEN 'guardrail' WHEN 'note' THEN 'other'
        ELSE CASE tool WHEN 'KNOWLEDGE_BASE' THEN 'retrieval' ELSE 'execute_tool' END END AS operation,
    'bedrock_agent_traces' AS source,
    coalesce(nullif(split_part(own_arn, ':', 5), ''), getvariable('account_id')) AS account_id,
    coalesce(nullif(split_part(own_arn, ':', 4), ''), getvariable('region')) AS region,
    'arn:aws:bedrock:' || region || ':' || account_id || ':agent-alias/' || agent || '/' || alias AS agent_arn,
    -- The test alias has the same id at every agent.
    CASE WHEN alias = 'TSTALIASID' THEN agent || '/' || alias ELSE coalesce(nullif(alias, ''), agent) END AS agent_runtime,
    coalesce(p->>'$."gen_ai.agent.name"', p->>'$.collaboratorName') AS agent_name, p->>'$.agentVersion' AS agent_version,
    agent_arn AS resource_arn, p->>'$."deployment.environment.name"' AS environment, p->>'$."task.id"' AS task_key, p->>'$."task.type"' AS task_type,
    CASE WHEN what = 'model' THEN said->>'$.metadata.clientRequestId' END AS request_id,
    CASE WHEN what = 'model' THEN 'aws.bedrock' END AS provider,
    CASE WHEN what = 'model' THEN asked->>'$.foundationModel' END AS model_requested,
    CASE WHEN what = 'model' THEN token_count(said->>'$.metadata.usage.inputTokens') END AS input_tokens,
    CASE WHEN what = 'model' THEN token_count(said->>'$.metadata.usage.outputTokens') END AS output_tokens,
    CASE WHEN what = 'model' AND (token_malformed(said->>'$.metadata.usage.inputTokens') OR token_malformed(said->>'$.metadata.usage.outputTokens'))
        THEN true END AS usage_malformed,
    CASE WHEN what = 'tool' THEN tool_label(tool, called, seen) END AS tool_name,
    CASE WHEN what = 'tool' THEN CASE WHEN seen IS NULL THEN NULL WHEN seen->>'$.type' = 'REPROMPT' THEN 'error'
        WHEN seen->>'$.codeInterpreterInvocationOutput.executionTimeout' = 'true' THEN 'timeout'
        WHEN coalesce(seen->>'$.codeInterpreterInvocationOutput.executionError', '') <> '' THEN 'error' ELSE 'success' END END AS tool_status,
    CASE WHEN what = 'run' THEN CASE WHEN failure IS NOT NULL THEN 'ERROR' WHEN seen->>'$.type' = 'FINISH' THEN 'OK' END
         WHEN what = 'tool' AND seen->>'$.type' = 'REPROMPT' THEN 'ERROR' END AS status,
    error AS error_type, CASE WHEN what = 'run' THEN try_cast(failure->>'$.failureCode' AS INTEGER) END AS http_status,
    CASE WHEN error = 'throttle' THEN true END AS throttled,
    begun_at AS started_at,
    CASE WHEN what IN ('model', 'tool', 'guardrail') AND took_ms > 0 THEN took_ms END AS duration_ms,
    what = 'run' AND failure IS NULL AND noted IS DISTINCT FROM 'ASK_USER' AND noted IS DISTINCT FROM 'RETURN_CONTROL'
        AND seen->>'$.type' IS DISTINCT FROM 'FINISH' AND guardrail->>'$.action' IS DISTINCT FROM 'INTERVENED' AS in_progress,
    CASE WHEN what = 'tool' THEN coalesce(called->>'$.knowledgeBaseLookupInput.knowledgeBaseId',
        seen->>'$.knowledgeBaseLookupOutput.retrievedReferences[0].metadata."x-amz-bedrock-kb-id"') END AS resource_id,
    CASE WHEN what = 'tool' THEN json_array_length(seen, '$.knowledgeBaseLookupOutput.retrievedReferences') END AS results, results > 0 AS found,
    CASE WHEN what = 'guardrail' THEN guardrail->>'$.action' END AS decision,
    CASE WHEN what IN ('run', 'tool') THEN coalesce(utc_timestamp(measured->>'$.endTime'), at_time) END AS last_seen_at
FROM failed
