-- Invocation records that the next build looks at again: new ones, those of the given traces, and those whose profile or role the
-- inventory now ties to another agent or model than in the last build.
WITH decided AS (
    (FROM int_inventory_rules EXCEPT FROM mart.inventory_rules) UNION ALL (FROM mart.inventory_rules EXCEPT FROM int_inventory_rules)
)
SELECT key AS request_id FROM raw.touched WHERE kind = 'request'
UNION
SELECT s.request_id FROM raw.spans s SEMI JOIN given_traces USING (trace_id)
WHERE s.request_id IS NOT NULL AND s.started_at BETWEEN getvariable('given_from') AND getvariable('given_to')
UNION
SELECT i.request_id FROM raw.invocations i
SEMI JOIN (SELECT subject FROM decided WHERE rule IN ('profile', 'model')) d ON d.subject = i.model_id_raw
UNION
SELECT i.request_id FROM raw.invocations i
SEMI JOIN (SELECT subject FROM decided WHERE rule = 'role') d ON d.subject = role_name(i.principal_arn)
