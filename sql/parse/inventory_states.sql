-- feed: inventory_states
-- into: raw.inventory
-- key: account_id, region, kind, resource_id, state_sha, seen_on
-- time: seen_on
-- least: first_seen_at
-- One row per resource × state × day of observation. AWS's own time of the last change is part of the state, so that
-- a resource that goes back to what it was is a third state. A listing is a state of its own each time.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(kind VARCHAR, resource_id VARCHAR, parent_id VARCHAR,
        "name" VARCHAR, arn VARCHAR, "version" VARCHAR, status VARCHAR, updated_at TIMESTAMP, facts JSON, seen_at TIMESTAMP)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, m.seen_at AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN coalesce(m.kind, '') = '' OR coalesce(m.resource_id, '') = '' THEN 'missing_id'
         WHEN m.seen_at IS NULL THEN 'missing_time' END AS reject,
    getvariable('account_id') AS account_id, getvariable('region') AS region, m.kind, m.resource_id,
    CASE WHEN m.kind = 'listing' THEN m.seen_at::VARCHAR
         ELSE left(sha256(to_json(struct_pack(parent := m.parent_id, "name" := m."name", arn := m.arn, "version" := m."version",
            status := m.status, updated_at := m.updated_at, facts := m.facts::VARCHAR))::VARCHAR), 32) END AS state_sha,
    m.seen_at::DATE AS seen_on, m.parent_id, m."name" AS name, m.arn, m."version" AS version, m.status, m.updated_at,
    m.facts::VARCHAR AS facts, m.seen_at AS first_seen_at, m.seen_at AS last_seen_at
FROM records
