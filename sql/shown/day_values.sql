-- grain: one row per KPI of shown_kpis × agent × day of shown_days × slice
-- The value of one agent on one day as a card shows it: without test, synthetic, replay and load work. Of durations it is the p95.
WITH daily AS (
    SELECT kpi, agent_id, day, '' AS slice, sum(numerator) / nullif(coalesce(sum(denominator), 1), 0) AS value
    FROM (FROM mart.kpi_daily UNION ALL BY NAME FROM sealed.kpi_daily) SEMI JOIN shown_kpis USING (kpi) SEMI JOIN shown_days USING (day)
    WHERE slice = '' AND (environment IS NULL OR environment NOT IN ('test', 'synthetic', 'replay', 'load'))
    GROUP BY kpi, agent_id, day
),
buckets AS (
    SELECT kpi, agent_id, day, bucket, sum(n) AS n, min(min_ms) AS least_ms, max(max_ms) AS most_ms
    FROM (FROM mart.latency_buckets UNION ALL BY NAME FROM sealed.latency_buckets) SEMI JOIN shown_kpis USING (kpi) SEMI JOIN shown_days USING (day)
    WHERE slice = '' AND bucket IS NOT NULL AND (environment IS NULL OR environment NOT IN ('test', 'synthetic', 'replay', 'load'))
    GROUP BY kpi, agent_id, day, bucket
),
counted AS (
    SELECT kpi, agent_id, day, bucket, sum(n) OVER (whole ORDER BY bucket) AS seen, sum(n) OVER whole AS total,
        min(least_ms) OVER whole AS least_ms, max(most_ms) OVER whole AS most_ms
    FROM buckets WINDOW whole AS (PARTITION BY kpi, agent_id, day)
)
FROM daily
UNION ALL
SELECT kpi, agent_id, day, 'p95',
    least(most_ms, greatest(least_ms, 2 * pow(1.01::DOUBLE / 0.99, min(bucket)) / (1.01::DOUBLE / 0.99 + 1)))
FROM counted WHERE seen > 0.95 * (total - 1) GROUP BY kpi, agent_id, day, least_ms, most_ms
