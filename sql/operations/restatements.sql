-- grain: one row per published day value of an agent that has changed since: by more than 1 %, or by another definition
-- column kpi: KPI id
-- column agent_id: the agent
-- column day: day whose value changed
-- column slice: empty = the value; p95 of a duration. Accuracy, kappa, calibration, drift and pass^k have no value of a day alone: see the parts
-- column reason: late_data, settings (prices, contracts, rules, a new program) or definition (another version of the KPI)
-- column old_value: value as it was shown
-- column new_value: value now
-- column old_version: version of the definition that made old_value, where that is the reason
-- column new_version: version of the definition that made new_value, where that is the reason
-- column restated_at: when, UTC
SELECT kpi, agent_id, day, slice, reason, old_value, new_value, old_version, new_version, restated_at
FROM ops.restatements ORDER BY restated_at DESC, kpi, agent_id, day, slice
