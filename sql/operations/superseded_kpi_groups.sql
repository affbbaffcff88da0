-- grain: the rows of kpi_groups as they were shown last under a version that gave way; nothing is added to them
-- column kpi: KPI id
-- column version: the version that made them
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column day: calendar day in the organisation's time zone
-- column task_type: kind of task
-- column environment: environment
-- column group_key: business key
-- column numerator: successes
-- column denominator: trials
SELECT kpi, version, agent_id, agent_version, day, task_type, environment, group_key, numerator, denominator
FROM ops.superseded_kpi_groups ORDER BY kpi, version, day, agent_id
