-- Small functions that several relations share; created on every connection that builds.
CREATE OR REPLACE TEMP MACRO token_count(text) AS
    CASE WHEN try_cast(text AS BIGINT) >= 0 THEN try_cast(text AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO token_malformed(text) AS
    text IS NOT NULL AND coalesce(try_cast(text AS BIGINT) < 0, true);
-- Attribute lists arrive as real arrays or as JSON text of an array, or as plain text.
CREATE OR REPLACE TEMP MACRO json_first_text(value) AS
    CASE json_type(value)
        WHEN 'ARRAY' THEN json_extract_string(value, '$[0]')
        WHEN 'VARCHAR' THEN
            CASE WHEN json_extract_string(value, '$') LIKE '[%' AND json_valid(json_extract_string(value, '$'))
                 THEN json_extract_string(json_extract_string(value, '$')::JSON, '$[0]')
                 ELSE json_extract_string(value, '$') END
    END;
CREATE OR REPLACE TEMP MACRO is_throttle(error_name, http_status) AS
    coalesce(http_status = 429, false) OR coalesce(regexp_matches(lower(error_name), 'throttl|toomanyrequests|too_many_requests'), false);
-- The canonical model id: the id in an ARN, without a cross-Region prefix. A profile's opaque id stays opaque.
CREATE OR REPLACE TEMP MACRO canonical_model(raw_id) AS
    regexp_replace(regexp_replace(raw_id, '^arn:[^/]+/', ''), '^(us-gov|us|eu|apac|jp|au|ca|global)\.', '');
CREATE OR REPLACE TEMP MACRO model_scope(raw_id) AS
    CASE WHEN regexp_replace(raw_id, '^arn:[^/]+/', '') LIKE 'global.%' THEN 'global' ELSE 'regional' END;
-- The name an owner chose, not the one an instrumentation puts where nobody chose any.
CREATE OR REPLACE TEMP MACRO chosen_name(name) AS
    CASE WHEN lower(name) NOT IN ('', 'strands agents', 'openai agent', 'agent', 'langgraph', 'default', 'unknown_service') THEN name END;
-- Who made the model: decides how its input tokens are to be read.
CREATE OR REPLACE TEMP MACRO model_family(raw_id) AS split_part(canonical_model(raw_id), '.', 1);
-- Input tokens that were not cached. A gross count smaller than its cached part contradicts itself and is left as stated.
CREATE OR REPLACE TEMP MACRO uncached_tokens(stated, cache_read, cache_write, is_gross) AS
    CASE WHEN is_gross AND stated >= coalesce(cache_read, 0) + coalesce(cache_write, 0)
         THEN stated - coalesce(cache_read, 0) - coalesce(cache_write, 0) ELSE stated END;
CREATE OR REPLACE TEMP MACRO contradicts(stated, cache_read, cache_write, is_gross) AS
    coalesce(is_gross AND stated < coalesce(cache_read, 0) + coalesce(cache_write, 0), false);
-- Log buckets of 1 % relative error: ceil(ln x / ln gamma), gamma = (1+a)/(1-a), a = 0.01 (Masson and others, VLDB 2019).
CREATE OR REPLACE TEMP MACRO dd_idx(x) AS
    CASE WHEN x IS NULL THEN NULL WHEN x <= 0 THEN -2147483648
         ELSE ceil(ln(x) / ln(1.01::DOUBLE / 0.99::DOUBLE) - 1e-12)::INTEGER END;
-- An RFC 3339 text as UTC. `Z` and offsets are honoured; a text without either is taken as UTC.
CREATE OR REPLACE TEMP MACRO utc_timestamp(text) AS
    CASE WHEN regexp_matches(text, '(Z|[+-]\d{2}:?\d{2})$')
         THEN try_cast(text AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
         ELSE try_cast(text AS TIMESTAMP) END;
-- The last of the values that is known. Of structs, NULL ones are unknown.
CREATE OR REPLACE TEMP MACRO last_known(found) AS list_filter(found, lambda v: v IS NOT NULL)[-1];
-- A gross input count (OpenAI's convention) without its cached part; a contradicting or unreadable one as it stands.
CREATE OR REPLACE TEMP MACRO without_cached(gross, cached) AS
    CASE WHEN token_count(gross) >= token_count(cached) THEN (token_count(gross) - token_count(cached))::VARCHAR ELSE gross END;
-- Of the cache writes listed by lifetime, the tokens that are kept for an hour: 0 where the list names others only.
CREATE OR REPLACE TEMP MACRO hour_tokens(details) AS
    CASE WHEN len(details) > 0 THEN coalesce(list_sum(list_transform(list_filter(details, lambda d: d.ttl = '1h'),
        lambda d: d.inputTokens)), 0)::BIGINT::VARCHAR END;
-- Whether a finding was one: a full trace also lists what was not detected, and scores that reached their threshold.
CREATE OR REPLACE TEMP MACRO guardrail_found(finding) AS
    NOT (coalesce((finding).detected = 'false', false) OR coalesce((finding).score >= (finding).threshold, false));
-- What one policy decided, from its findings: none = assessed and clean.
CREATE OR REPLACE TEMP MACRO guardrail_verdict(findings) AS
    CASE WHEN list_contains(list_transform(findings, lambda f: f."action"), 'BLOCKED') THEN 'blocked'
         WHEN list_contains(list_transform(findings, lambda f: f."action"), 'ANONYMIZED') THEN 'masked'
         WHEN len(list_filter(findings, lambda f: guardrail_found(f))) > 0 THEN 'detected' ELSE 'none' END;
-- [{source, policy, found, action}] of one assessment. Automated reasoning only ever detects.
CREATE OR REPLACE TEMP MACRO guardrail_policies(side, a) AS [
    {'source': side, 'policy': 'any', 'found': true, 'action': 'none'},
    {'source': side, 'policy': 'topic', 'found': (a).topicPolicy IS NOT NULL, 'action': guardrail_verdict((a).topicPolicy.topics)},
    {'source': side, 'policy': 'content', 'found': (a).contentPolicy IS NOT NULL, 'action': guardrail_verdict((a).contentPolicy.filters)},
    {'source': side, 'policy': 'word', 'found': (a).wordPolicy IS NOT NULL,
     'action': guardrail_verdict(list_concat((a).wordPolicy.customWords, (a).wordPolicy.managedWordLists))},
    {'source': side, 'policy': 'sensitive_information', 'found': (a).sensitiveInformationPolicy IS NOT NULL,
     'action': guardrail_verdict(list_concat((a).sensitiveInformationPolicy.piiEntities, (a).sensitiveInformationPolicy.regexes))},
    {'source': side, 'policy': 'contextual_grounding', 'found': (a).contextualGroundingPolicy IS NOT NULL,
     'action': guardrail_verdict((a).contextualGroundingPolicy.filters)},
    {'source': side, 'policy': 'automated_reasoning', 'found': (a).automatedReasoningPolicy IS NOT NULL,
     'action': CASE WHEN len(list_filter((a).automatedReasoningPolicy.findings,
         lambda f: f."invalid" IS NOT NULL OR f.impossible IS NOT NULL)) > 0 THEN 'detected' ELSE 'none' END}];
-- What an assessment holds that is no text: names and matches stay behind.
CREATE OR REPLACE TEMP MACRO guardrail_assessment(a) AS from_json(a, '{
    "topicPolicy":{"topics":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}]},
    "contentPolicy":{"filters":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}]},
    "wordPolicy":{"customWords":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}],
        "managedWordLists":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}]},
    "sensitiveInformationPolicy":{"piiEntities":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}],
        "regexes":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}]},
    "contextualGroundingPolicy":{"filters":[{"action":"VARCHAR","detected":"VARCHAR","score":"DOUBLE","threshold":"DOUBLE"}]},
    "automatedReasoningPolicy":{"findings":[{"invalid":"VARCHAR","impossible":"VARCHAR"}]}}');
-- What the assessments of one side say. Each is opened once, then looked at.
CREATE OR REPLACE TEMP MACRO guardrail_side(side, found) AS flatten(list_transform(
    list_transform(found, lambda a: guardrail_assessment(a)), lambda opened: guardrail_policies(side, opened)));
-- Everything that guardrail traces say of one call; parts of a stream may repeat or add to each other. Converse and
-- InvokeModel name the sides differently.
CREATE OR REPLACE TEMP MACRO guardrail_summary(traces) AS to_json(list_filter(flatten(list_transform(
    list_transform(list_distinct(traces), lambda t: from_json(t, '{"inputAssessment":"MAP(VARCHAR, JSON)",
        "input":"MAP(VARCHAR, JSON)","outputAssessments":"MAP(VARCHAR, JSON[])","outputs":["MAP(VARCHAR, JSON)"]}')),
    lambda s: list_concat(
        guardrail_side('input', list_concat(map_values(s.inputAssessment), map_values(s."input"))),
        guardrail_side('output', list_concat(flatten(map_values(s.outputAssessments)),
            flatten(list_transform(s.outputs, lambda o: map_values(o)))))))), lambda p: p.found));
-- The calendar day in the organisation's time zone. A zone of half hours or with DST is only another name here.
CREATE OR REPLACE TEMP MACRO local_day(utc) AS
    ((utc AT TIME ZONE 'UTC') AT TIME ZONE getvariable('timezone'))::DATE;
-- Which instrumentation wrote a span.
CREATE OR REPLACE TEMP MACRO span_dialect(scope_name, span_name, aws_operation) AS
    CASE
        WHEN scope_name = 'strands.telemetry.tracer' THEN 'strands'
        WHEN scope_name = 'opentelemetry.instrumentation.botocore.bedrock-runtime' THEN 'botocore_bedrock'
        WHEN scope_name LIKE 'opentelemetry.instrumentation.botocore%' THEN 'botocore'
        WHEN scope_name LIKE 'opentelemetry.instrumentation.langchain%' THEN 'langchain'
        WHEN scope_name LIKE 'openinference.instrumentation.claude_agent_sdk%' THEN 'claude_agent_sdk'
        WHEN scope_name LIKE 'openinference.instrumentation%' THEN 'openinference'
        WHEN scope_name LIKE 'opentelemetry.instrumentation.%' THEN 'http'
        WHEN span_name LIKE 'AgentCore.%' OR aws_operation IS NOT NULL THEN 'agentcore_service'
        ELSE 'other'
    END;
-- What a span did, told by its operation's name, else by the kind its instrumentation gives it, else by its own name.
CREATE OR REPLACE TEMP MACRO span_operation(op, traceloop_kind, request_type, openinference_kind, span_name, span_kind, aws_operation) AS
    CASE
        WHEN op = 'invoke_agent' THEN 'invoke_agent'
        WHEN op IN ('chat', 'text_completion', 'generate_content') THEN 'chat'
        WHEN op IN ('embeddings', 'execute_tool', 'retrieval') THEN op
        WHEN op LIKE '%_memory' THEN 'memory'
        WHEN traceloop_kind IN ('workflow', 'agent') THEN 'invoke_agent'
        WHEN traceloop_kind = 'tool' THEN 'execute_tool'
        WHEN traceloop_kind = 'task' THEN 'task'
        WHEN request_type IN ('chat', 'completion') THEN 'chat'
        WHEN openinference_kind IN ('AGENT', 'CHAIN') THEN 'invoke_agent'
        WHEN openinference_kind = 'LLM' THEN 'chat'
        WHEN openinference_kind = 'TOOL' THEN 'execute_tool'
        WHEN openinference_kind = 'EMBEDDING' THEN 'embeddings'
        WHEN openinference_kind = 'RETRIEVER' THEN 'retrieval'
        WHEN openinference_kind = 'GUARDRAIL' THEN 'guardrail'
        WHEN span_name = 'execute_event_loop_cycle' THEN 'cycle'
        WHEN span_name LIKE 'AgentCore.Gateway.%' THEN 'gateway'
        WHEN span_name LIKE 'AgentCore.Policy.%' THEN 'policy'
        WHEN span_name LIKE 'AgentCore.Memory.%' OR aws_operation SIMILAR TO '.*Memory.*|.*Event.*' THEN 'memory'
        WHEN span_name SIMILAR TO 'Bedrock AgentCore\.(.*Memory.*|.*Event.*)' THEN 'memory'
        WHEN span_name SIMILAR TO 'Bedrock Agent Runtime\.Retrieve.*' THEN 'retrieval'
        WHEN span_kind = 'SERVER' OR aws_operation = 'InvokeAgentRuntime' THEN 'server'
        ELSE 'other'
    END;
-- A list of names, as JSON text in the order of the names; it may come as an array or as the JSON text of one.
CREATE OR REPLACE TEMP MACRO name_list(value) AS
    to_json(list_sort(json_extract_string(coalesce(try_cast(json_extract_string(value, '$') AS JSON), value), '$[*]')))::VARCHAR;
-- How many entries a list holds, come as an array, as the JSON text of one, or as the only list of an object.
CREATE OR REPLACE TEMP MACRO entry_count(value) AS
    CASE json_type(value) WHEN 'ARRAY' THEN json_array_length(value)
        WHEN 'VARCHAR' THEN json_array_length(try_cast(json_extract_string(value, '$') AS JSON))
        WHEN 'OBJECT' THEN json_array_length(coalesce(value->'$.documents', value->'$.retrievalResults', value->'$.results')) END;
-- Whether a tool's answer is an error, a look-up that found nothing (a list without entries), or something. A tool that
-- answers nothing at all may be meant to. Of a wrapped answer the wrapped text counts.
CREATE OR REPLACE TEMP MACRO nothing_in(text) AS
    regexp_matches(text, '^\s*(\[\s*\]|\{\s*"\w+"\s*:\s*\[\s*\]\s*\})\s*$');
CREATE OR REPLACE TEMP MACRO tool_answer(text) AS
    CASE WHEN text IS NULL THEN NULL
        WHEN nothing_in(text) THEN 'empty'
        WHEN NOT regexp_matches(text, '^\s*[\[{]') OR NOT json_valid(text) THEN 'ok'
        WHEN lower(coalesce(text->>'$[0].toolResult.status', text->>'$.toolResult.status', text->>'$.output.kwargs.status', '')) = 'error' THEN 'error'
        WHEN json_array_length(text, '$') > 1 THEN 'ok'
        WHEN nothing_in(coalesce(text->>'$[0].text', text->>'$[0].toolResult.content[0].text', text->>'$[0].response[0].text',
            text->>'$.output.kwargs.content', '-')) THEN 'empty'
        ELSE 'ok' END;
-- What a tool said of its end, and what its answer shows where it said nothing or that all was well.
CREATE OR REPLACE TEMP MACRO tool_end(stated, answer) AS
    CASE WHEN answer IN ('error', 'empty') AND coalesce(stated, 'success') IN ('success', 'ok') THEN answer ELSE stated END;
-- Why a policy refused, as a word: its text may hold data.
CREATE OR REPLACE TEMP MACRO denial_reason(decision, reason, policies) AS
    CASE WHEN upper(decision) IS DISTINCT FROM 'DENY' THEN NULL
        WHEN regexp_matches(lower(reason), 'error|exception|fail|timeout|timed out') THEN 'evaluation_error'
        WHEN json_array_length(policies) > 0 THEN 'forbidden'
        WHEN regexp_matches(lower(reason), '\bno\b.*\b(polic|permit|match)|default') THEN 'no_permit'
        WHEN reason IS NOT NULL THEN 'other' END;
-- The role behind an assumed-role session.
CREATE OR REPLACE TEMP MACRO role_name(principal_arn) AS regexp_extract(principal_arn, 'assumed-role/([^/]+)', 1);
-- How a call of a tool or a store ended, in one word: its error tells most, then its own word, then the span's status.
CREATE OR REPLACE TEMP MACRO call_outcome(error_type, http_status, stated, span_status) AS
    CASE
        WHEN coalesce(regexp_matches(lower(error_type), 'timeout|timed.?out'), false) THEN 'timeout'
        WHEN coalesce(regexp_matches(lower(error_type), 'accessdenied|unauthor|forbidden|permission'), false) OR http_status IN (401, 403)
            THEN 'denied'
        WHEN coalesce(regexp_matches(lower(error_type), 'validation|invalid|badrequest|typeerror|valueerror|jsondecode'), false)
            OR http_status = 400 THEN 'invalid_args'
        WHEN stated IN ('timeout', 'invalid_args', 'denied', 'empty') THEN stated
        WHEN stated IN ('error', 'failed', 'failure') OR span_status = 'ERROR' OR http_status >= 400 THEN 'error'
        ELSE 'ok'
    END;
-- A span id of 16 hexadecimal digits for what has none of its own.
CREATE OR REPLACE TEMP MACRO short_id(whole, part) AS left(md5(whole || '|' || part), 16);
-- Which kind of tool a step of a classic Bedrock agent called, told by its call or by what came back.
CREATE OR REPLACE TEMP MACRO step_tool(called, seen) AS
    CASE WHEN called->>'$.invocationType' IN ('ACTION_GROUP', 'KNOWLEDGE_BASE', 'AGENT_COLLABORATOR') THEN called->>'$.invocationType'
        WHEN called->>'$.invocationType' = 'ACTION_GROUP_CODE_INTERPRETER' OR json_exists(seen, '$.codeInterpreterInvocationOutput')
            THEN 'CODE_INTERPRETER'
        WHEN json_exists(seen, '$.actionGroupInvocationOutput') THEN 'ACTION_GROUP'
        WHEN json_exists(seen, '$.knowledgeBaseLookupOutput') THEN 'KNOWLEDGE_BASE'
        WHEN json_exists(seen, '$.agentCollaboratorInvocationOutput') THEN 'AGENT_COLLABORATOR'
        WHEN seen->>'$.repromptResponse.source' IN ('ACTION_GROUP', 'KNOWLEDGE_BASE') THEN seen->>'$.repromptResponse.source' END;
-- The name of that tool: action group and function (or verb and path), collaborator, or the kind where there is one only.
CREATE OR REPLACE TEMP MACRO tool_label(tool, called, seen) AS
    CASE tool WHEN 'ACTION_GROUP' THEN (called->>'$.actionGroupInvocationInput.actionGroupName') || coalesce('/' || coalesce(
            called->>'$.actionGroupInvocationInput.function', upper(called->>'$.actionGroupInvocationInput.verb') || ' '
            || (called->>'$.actionGroupInvocationInput.apiPath')), '')
        WHEN 'AGENT_COLLABORATOR' THEN coalesce(called->>'$.agentCollaboratorInvocationInput.agentCollaboratorName',
            seen->>'$.agentCollaboratorInvocationOutput.agentCollaboratorName')
        ELSE lower(tool) END;

-- Version of the agent that made a call: the task's where that agent owns the task, else only what the call states of itself.
CREATE OR REPLACE TEMP MACRO version_of(agent, stated, task_agent, task_version) AS
    CASE WHEN task_agent IS NULL OR task_agent = agent THEN coalesce(task_version, stated) ELSE stated END;
