-- grain: one row per model id that stands for another
-- What the owner says under [models], else what the inventory knows of application inference profiles.
SELECT alias, model FROM config.model_aliases
UNION ALL
SELECT subject, value FROM int_inventory_rules WHERE rule = 'model' AND subject NOT IN (SELECT alias FROM config.model_aliases)
