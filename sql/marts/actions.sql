-- table: actions
-- grain: one row per action somebody took on an insight
-- replaces: true
-- column action_id: id of the action
-- column agent_id: the agent
-- column taken_at: when, UTC
-- column expected: what was expected
-- column insight_at: when the insight was made that it answers, UTC
-- column verdict_at: when its effect was decided, UTC; NULL = not yet
-- column verdict: improved, worse, no_material_change, trade_off; NULL = not yet
-- No part of this version fills it: actions arrive with insights.
SELECT NULL::VARCHAR AS action_id, NULL::VARCHAR AS agent_id, NULL::TIMESTAMP AS taken_at, NULL::VARCHAR AS expected,
    NULL::TIMESTAMP AS insight_at, NULL::TIMESTAMP AS verdict_at, NULL::VARCHAR AS verdict
WHERE false
