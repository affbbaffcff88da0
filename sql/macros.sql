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
-- What one policy decided, from the actions of its findings: [] = assessed and clean.
CREATE OR REPLACE TEMP MACRO guardrail_verdict(actions) AS
    CASE WHEN list_contains(actions, 'BLOCKED') THEN 'blocked' WHEN list_contains(actions, 'ANONYMIZED') THEN 'masked'
         WHEN len(actions) > 0 THEN 'detected' ELSE 'none' END;
-- Whether a path with a wildcard leads anywhere.
CREATE OR REPLACE TEMP MACRO found_anywhere(doc, path) AS len(json_extract(doc, path)) > 0;
-- [{source, policy, found, action}] of a guardrail trace, without any text. Topic, content and word findings carry names only.
CREATE OR REPLACE TEMP MACRO guardrail_policies(trace, side, path) AS [
    {'source': side, 'policy': 'topic', 'found': found_anywhere(trace, path || '.topicPolicy'),
     'action': guardrail_verdict(json_extract_string(trace, path || '.topicPolicy.topics[*].action'))},
    {'source': side, 'policy': 'content', 'found': found_anywhere(trace, path || '.contentPolicy'),
     'action': guardrail_verdict(json_extract_string(trace, path || '.contentPolicy.filters[*].action'))},
    {'source': side, 'policy': 'word', 'found': found_anywhere(trace, path || '.wordPolicy'),
     'action': guardrail_verdict(list_concat(json_extract_string(trace, path || '.wordPolicy.customWords[*].action'),
        json_extract_string(trace, path || '.wordPolicy.managedWordLists[*].action')))},
    {'source': side, 'policy': 'sensitive_information', 'found': found_anywhere(trace, path || '.sensitiveInformationPolicy'),
     'action': guardrail_verdict(list_concat(json_extract_string(trace, path || '.sensitiveInformationPolicy.piiEntities[*].action'),
        json_extract_string(trace, path || '.sensitiveInformationPolicy.regexes[*].action')))},
    {'source': side, 'policy': 'contextual_grounding', 'found': found_anywhere(trace, path || '.contextualGroundingPolicy'),
     'action': guardrail_verdict(json_extract_string(trace, path || '.contextualGroundingPolicy.filters[*].action'))}];
CREATE OR REPLACE TEMP MACRO guardrail_summary(trace) AS to_json(list_concat(
    CASE WHEN json_exists(trace, '$.inputAssessment') OR json_exists(trace, '$.input') THEN
        [{'source': 'input', 'policy': 'any', 'found': true, 'action': 'none'}] ELSE [] END,
    CASE WHEN json_exists(trace, '$.outputAssessments') OR json_exists(trace, '$.outputs') THEN
        [{'source': 'output', 'policy': 'any', 'found': true, 'action': 'none'}] ELSE [] END,
    guardrail_policies(trace, 'input', '$.inputAssessment.*'), guardrail_policies(trace, 'input', '$.input.*'),
    guardrail_policies(trace, 'output', '$.outputAssessments.*[*]'), guardrail_policies(trace, 'output', '$.outputs[*].*')));
-- The calendar day in the organisation's time zone. A zone of half hours or with DST is only another name here.
CREATE OR REPLACE TEMP MACRO local_day(utc) AS
    ((utc AT TIME ZONE 'UTC') AT TIME ZONE getvariable('timezone'))::DATE;
