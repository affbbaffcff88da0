-- label: Input and output are checked
-- question: Does a guardrail look at what goes in and at what comes out?
-- pillar: 3
-- star: yes
-- part: checked | census | >= 0.99 | model calls were checked on both sides | No call carries a guardrail's assessment: attach a guardrail, and set its trace to `enabled` in the calls.
-- do_next: Attach the guardrail to every call of the agent, for input and output, with its trace enabled.
-- version: 1
-- A call that was blocked at its input has no output to check.
WITH sides AS (
    SELECT call_id, bool_or(source = 'input') AS input, bool_or(source = 'output' OR action = 'blocked') AS output
    FROM guardrail_checks GROUP BY call_id
)
SELECT agent_id, 'checked' AS part, nullif(count(*) FILTER (s.input AND s.output), 0) AS yes, count(*) AS n
FROM model_calls LEFT JOIN sides s USING (call_id) GROUP BY agent_id
