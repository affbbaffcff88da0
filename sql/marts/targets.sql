-- table: targets
-- grain: one row per agent × KPI × validity; a target that was changed or withdrawn keeps the days on which it was in force
-- replaces: true
-- column agent_id: the agent
-- column kpi: KPI id
-- column target: value in the KPI's unit
-- column limit_kind: min (at least) or max (at most)
-- column valid_from: first day
-- column valid_to: first day it no longer holds; NULL = open
SELECT agent_id, kpi, target, limit_kind, valid_from, valid_to FROM ops.target_history
WHERE valid_to IS NULL OR valid_to > valid_from ORDER BY ALL
