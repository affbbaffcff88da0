-- table: baselines
-- grain: one row per agent with a declared baseline
-- replaces: true
-- column agent_id: the agent
-- column minutes: what people took for one task, minutes
-- column source: measured or estimated, and by whom
-- column valid_from: first day; NULL = always
SELECT agent_id, baseline_minutes AS minutes, baseline_source AS source, NULL::DATE AS valid_from
FROM config.contracts WHERE baseline_minutes IS NOT NULL ORDER BY agent_id
