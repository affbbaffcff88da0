-- feed: lambda_reports
-- into: raw.lambda_reports
-- key: account_id, region, function_name, request_id, reported_at
-- time: reported_at
-- What each Lambda invocation used, from its report: a line of text, or a JSON record of the type platform.report. A retried
-- invocation keeps its request id and reports again, at least a second later: the moment is part of the key, so both
-- attempts count, and one report that is delivered twice (the same moment) does not.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT("function" VARCHAR, version VARCHAR, architecture VARCHAR,
        line VARCHAR, report STRUCT("type" VARCHAR, record STRUCT(requestId VARCHAR, status VARCHAR, errorType VARCHAR,
        metrics STRUCT(durationMs VARCHAR, billedDurationMs VARCHAR, memorySizeMB VARCHAR, maxMemoryUsedMB VARCHAR,
            initDurationMs VARCHAR), tracing STRUCT("value" VARCHAR))))'})
),
opened AS (
    SELECT t, i, e, m, m.line AS line, m.report.record AS r, m.report.record.metrics AS n,
        CASE WHEN m.line IS NOT NULL THEN NOT starts_with(m.line, 'REPORT RequestId:')
             ELSE m.report."type" IS DISTINCT FROM 'platform.report' END AS is_other
    FROM records
),
found AS (
    SELECT t, i, e, m, is_other,
        CASE WHEN line IS NOT NULL THEN nullif(regexp_extract(line, '^REPORT RequestId: *(\S+)', 1), '') ELSE nullif(r.requestId, '') END AS request_id,
        CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'RequestId: *\S+\s+Duration: *([0-9.]+) ms', 1) ELSE n.durationMs END AS duration_text,
        CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'Billed Duration: *([0-9.]+) ms', 1) ELSE n.billedDurationMs END AS billed_text,
        CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'Memory Size: *([0-9]+) MB', 1) ELSE n.memorySizeMB END AS memory_text,
        CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'Max Memory Used: *([0-9]+) MB', 1) ELSE n.maxMemoryUsedMB END AS used_text,
        CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'Init Duration: *([0-9.]+) ms', 1) ELSE n.initDurationMs END AS init_text,
        lower(CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'Status: *([A-Za-z]+)', 1) ELSE r.status END) AS status_text,
        CASE WHEN line IS NOT NULL THEN regexp_extract(line, 'Error Type: *(\S+)', 1) ELSE r.errorType END AS error_text,
        regexp_extract(CASE WHEN line IS NOT NULL THEN line ELSE r.tracing."value" END,
            '(?:TraceId: *|Root=)1-([0-9a-f]{8}-[0-9a-f]{24})', 1) AS trace_text
    FROM opened
)
SELECT e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE WHEN e IS NOT NULL AND m IS NOT NULL AND is_other THEN 'other_line' END AS skip,
    CASE WHEN e IS NULL OR m IS NULL THEN 'malformed_json'
         WHEN request_id IS NULL OR coalesce(m."function", '') = '' THEN 'missing_id'
         WHEN t IS NULL THEN 'missing_time'
         WHEN try_cast(duration_text AS DOUBLE) < 0 THEN 'negative_duration' END AS reject,
    getvariable('account_id') AS account_id, getvariable('region') AS region, m."function" AS function_name, request_id,
    make_timestamp(t * 1000) AS reported_at, m.version AS function_version, m.architecture AS architecture,
    nullif(try_cast(duration_text AS DOUBLE), 0) AS duration_ms, try_cast(billed_text AS DOUBLE) AS billed_ms,
    try_cast(memory_text AS INTEGER) AS memory_mb, try_cast(used_text AS INTEGER) AS memory_used_mb,
    try_cast(init_text AS DOUBLE) AS init_ms,
    CASE status_text WHEN 'success' THEN 'ok' WHEN 'timeout' THEN 'timeout' WHEN 'error' THEN 'error' WHEN 'failure' THEN 'error' END AS status,
    nullif(error_text, '') AS error_type, nullif(replace(trace_text, '-', ''), '') AS trace_id
FROM found
