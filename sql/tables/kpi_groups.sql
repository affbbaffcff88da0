-- table: kpi_groups
-- grain: successes and trials of one business key on one day, for KPIs over groups (pass^k)
-- column kpi: KPI id
-- column agent_id: the agent
-- column agent_version: version of the agent
-- column day: calendar day in the organisation's time zone
-- column task_type: kind of task
-- column environment: environment
-- column group_key: business key
-- column numerator: successes
-- column denominator: trials
CREATE TABLE IF NOT EXISTS mart.kpi_groups (
    kpi VARCHAR,
    agent_id VARCHAR,
    agent_version VARCHAR,
    day DATE,
    task_type VARCHAR,
    environment VARCHAR,
    group_key VARCHAR,
    numerator DOUBLE,
    denominator DOUBLE
)
