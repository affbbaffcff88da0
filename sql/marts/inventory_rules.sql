-- table: inventory_rules
-- grain: one row per decision that the inventory makes about telemetry
-- replaces: true
-- column rule: version (a runtime's endpoint serves a version from a moment on), profile and role (whose calls they are), model (what a profile stands for), tool_server (an MCP server, no agent)
-- column account_id: AWS account; NULL where the subject is unique by itself
-- column subject: runtime id, ARN of the inference profile, or name of the role
-- column value: endpoint and version, agent id, model id, or protocol
-- column valid_from: from when on, UTC; NULL = always
SELECT rule, account_id, subject, value, valid_from FROM int_inventory_rules ORDER BY ALL
