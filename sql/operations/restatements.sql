-- grain: one row per published day value that late rows changed by more than 1 %
-- column kpi: KPI id
-- column agent_id: the agent
-- column day: day whose value changed
-- column old_value: value as it was shown
-- column new_value: value now
-- column restated_at: when, UTC
SELECT * FROM ops.restatements ORDER BY restated_at DESC, kpi, agent_id, day
