-- grain: one row per version that a KPI has had, and per file of the owner's own folders that was refused
-- column kind: kpi or rule
-- column name: KPI id, or name of the rule
-- column version: version its head says
-- column own: from the owner's own folders
-- column state: in_force, superseded or refused
-- column reason: why it was refused, a line for each broken promise
-- column since_at: in force (or refused) since, UTC; NULL for a rule in force: all tasks are decided by it
-- column superseded_at: when it gave way to another version or went, UTC
-- column definition: the file
SELECT 'kpi' AS kind, kpi AS name, version, own, CASE WHEN superseded_at IS NULL THEN 'in_force' ELSE 'superseded' END AS state,
    NULL::VARCHAR AS reason, since_at, superseded_at, definition
FROM ops.kpi_versions
UNION ALL
SELECT 'rule', name, NULL, true, 'in_force', NULL, NULL, NULL, text
FROM config.own_files f WHERE kind = 'rule' AND NOT EXISTS (FROM ops.refused_files r WHERE r.kind = 'rule' AND r.name = f.name)
UNION ALL
SELECT kind, name, NULL, true, 'refused', reason, refused_at, NULL, text FROM ops.refused_files
ORDER BY kind, name, since_at
