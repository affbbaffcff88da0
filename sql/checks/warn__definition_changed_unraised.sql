-- message: The definition of a KPI changed under the same version: its numbers no longer mean what they did under that name. Raise version in its head.
SELECT kpi, version FROM ops.kpi_versions WHERE unraised AND superseded_at IS NULL ORDER BY kpi
