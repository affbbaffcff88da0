-- label: Drift
-- question: Does it still get, and do, the same kind of work?
-- definition: How differently tasks are shared out than in the period of the same length before (population stability index): over kinds of task, models, tools, confidence and length of the answer. Two samples of the same work show (bins - 1)(1/n + 1/m) by chance; what is less than three times that and than 0.1 is stable.
-- formula: sum over bins of (share now - share before) × ln(share now / share before)
-- unit: index
-- better: lower
-- kind: mix
-- interval: none
-- minimum_n: 200
-- evidence: can be compared with the period before
-- slices: dimension
-- slice_denominator: own
-- needs: tasks, model_calls, tool_calls
-- sources: span_logs, xray_traces, invocation_logs
-- pillar: 4
-- catalogue: K24
-- version: 1
-- Each row is one bin: its slice reads dimension=bin. Confidence has ten bins, the length of answers one for each doubling.
SELECT agent_id, agent_version, day, task_type, environment, 'task_type=' || coalesce(task_type, 'unknown') AS slice,
    count(*) AS numerator, count(*) AS n
FROM tasks GROUP BY ALL
UNION ALL
SELECT agent_id, agent_version, day, task_type, environment, 'confidence=' || least(9, floor(confidence * 10))::INTEGER,
    count(*), count(*)
FROM tasks WHERE confidence IS NOT NULL GROUP BY ALL
UNION ALL
SELECT agent_id, agent_version, day, task_type, environment, 'output_tokens=' || floor(log2(1 + output_tokens))::INTEGER,
    count(*), count(*)
FROM tasks WHERE output_tokens IS NOT NULL GROUP BY ALL
UNION ALL
SELECT agent_id, agent_version, day, task_type, environment, 'model=' || coalesce(model, 'unknown'), count(*), count(*)
FROM model_calls GROUP BY ALL
UNION ALL
SELECT agent_id, agent_version, day, task_type, environment, 'tool=' || coalesce(tool_name, 'unknown'), count(*), count(*)
FROM tool_calls GROUP BY ALL
