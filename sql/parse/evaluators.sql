-- feed: evaluators
-- into: raw.evaluators
-- key: account_id, region, evaluator_arn, updated_at
-- One row per version of an evaluator, parsed by the collector: never its instructions, and of its scale only the ends.
SELECT
    e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at, NULL::VARCHAR AS skip, NULL::VARCHAR AS reject,
    getvariable('account_id') AS account_id, getvariable('region') AS region, m.evaluator_arn, m.updated_at, m.evaluator_name,
    m.evaluator_type, m.provider, m.level, m.status, m.rating_scale, m.scale_min, m.scale_max, m.polarity, m.judge_model
FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {e: 'VARCHAR', m: 'STRUCT(
    evaluator_arn VARCHAR, updated_at TIMESTAMP, evaluator_name VARCHAR, evaluator_type VARCHAR, provider VARCHAR, level VARCHAR,
    status VARCHAR, rating_scale VARCHAR, scale_min DOUBLE, scale_max DOUBLE, polarity VARCHAR, judge_model VARCHAR)'})
