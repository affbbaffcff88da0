-- table: kpi_catalogue
-- grain: one row per KPI definition
-- column kpi: KPI id
-- column head: the head lines of its file: label, question, unit, interval, minimum n, version …
-- column definition: the file as it was when the parts were made
-- column own: a KPI of the owner's own folder
CREATE TABLE IF NOT EXISTS out.kpi_catalogue (
    kpi VARCHAR,
    head JSON,
    definition VARCHAR,
    own BOOLEAN
)
