-- grain: the rows of kpi_daily as they were shown last under a version that gave way; nothing is added to them
-- column kpi: KPI id
-- column version: the version that made them
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column day: calendar day in the organisation's time zone
-- column task_type: kind of task
-- column environment: environment
-- column slice: empty = all; else a value of the KPI's slice dimension
-- column numerator: sum of what is counted
-- column denominator: sum of what it is measured against
-- column n: sample size
-- column numerator_sq: sum of squares of the numerator's terms (for clustered rates: of each task's count)
-- column denominator_sq: sum of squares of the denominator's terms (for clustered rates: of each task's rows)
-- column cross_sum: sum of products of both; for accuracy the plain sum of scores
-- column covered: rows with the evidence
-- column eligible: rows that should have it
SELECT kpi, version, agent_id, agent_version, day, task_type, environment, slice, numerator, denominator, n, numerator_sq, denominator_sq, cross_sum, covered, eligible
FROM ops.superseded_kpi_daily ORDER BY kpi, version, day, agent_id
