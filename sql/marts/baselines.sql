-- table: baselines
-- grain: one row per agent with a declared baseline
-- replaces: true
-- column agent_id: the agent
-- column minutes: what people took for one task, minutes
-- column source: measured or estimated, and by whom
-- column valid_from: when it was measured or estimated; NULL = not said
SELECT agent_id, baseline_minutes AS minutes, baseline_source AS source, baseline_on AS valid_from
FROM config.contracts WHERE baseline_minutes IS NOT NULL ORDER BY agent_id
