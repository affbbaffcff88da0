-- grain: one row per call of a memory, a knowledge base or another store by the given traces
-- A retriever's span and the AWS call below it are one call: the outer one counts, with what only the inner one knows.
WITH asked AS (
    SELECT *, dialect = 'bedrock_agent' OR name LIKE 'Bedrock Agent Runtime.%' AS at_knowledge_base
    FROM stg_spans WHERE operation IN ('memory', 'retrieval')
),
below AS (
    SELECT o.trace_id, o.span_id, count(*) AS calls, min(i.resource_id) AS resource_id,
        CASE WHEN count(i.results) = count(*) THEN sum(i.results) END AS results, max(i.error_type) AS error_type,
        max(i.http_status) AS http_status, min(i.status) AS status, bool_or(i.at_knowledge_base) AS at_knowledge_base
    FROM asked i JOIN asked o ON o.trace_id = i.trace_id AND o.span_id = i.parent_span_id
    GROUP BY o.trace_id, o.span_id
)
SELECT s.trace_id, s.span_id, coalesce(s.own_agent_id, t.agent_id, 'unattributed') AS agent_id, s.agent_version, s.environment,
    CASE WHEN s.operation = 'memory' THEN 'memory' WHEN s.at_knowledge_base OR coalesce(b.at_knowledge_base, false) THEN 'knowledge_base'
         ELSE 'retrieval' END AS kind,
    regexp_extract(s.name, '([A-Za-z_]+)\W*$', 1) AS action, coalesce(s.resource_id, CASE WHEN b.calls = 1 THEN b.resource_id END) AS resource_id,
    s.day, s.started_at, s.duration_ms, coalesce(s.results, b.results)::BIGINT AS results,
    NOT coalesce(s.found, b.results > 0) AS is_empty, coalesce(s.error_type, b.error_type) AS error_type,
    call_outcome(coalesce(s.error_type, b.error_type), coalesce(s.http_status, b.http_status),
        CASE WHEN NOT coalesce(s.found, b.results > 0) THEN 'empty' END, coalesce(s.status, b.status)) AS status
FROM asked s
ANTI JOIN asked o ON o.trace_id = s.trace_id AND o.span_id = s.parent_span_id
LEFT JOIN below b ON b.trace_id = s.trace_id AND b.span_id = s.span_id
LEFT JOIN int_traces t ON t.trace_id = s.trace_id
