-- table: actions
-- grain: one row per action somebody took on an insight
-- replaces: true
-- column action_id: id of the action
-- column agent_id: the agent
-- column taken_at: when, UTC
-- column expected: what was expected
-- No part of this version fills it: actions arrive with insights.
SELECT NULL::VARCHAR AS action_id, NULL::VARCHAR AS agent_id, NULL::TIMESTAMP AS taken_at, NULL::VARCHAR AS expected WHERE false
