-- grain: one row per resource: its last known state, with the time since when it is gone
FROM int_inventory
QUALIFY row_number() OVER (PARTITION BY account_id, region, kind, resource_id ORDER BY valid_from DESC) = 1
