-- grain: one row per instrumentation × provider family
-- Whether stated input tokens leave cached ones out (net) or hold them (gross). Decided by this table, never by one row.
FROM read_csv(getvariable('usage_modes'), header = true, auto_detect = false, columns = {instrumentation: 'VARCHAR', provider_family: 'VARCHAR',
    input_means: 'VARCHAR', source: 'VARCHAR'})
