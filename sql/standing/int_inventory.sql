-- grain: one row per resource × state, with the time it held: half-open, without overlaps
-- States are put together from moments at which something was seen. A resource is gone at the first listing without it.
-- A state begins at AWS's own time of its last change where that lies between the last look and the first sight of it (or
-- before the first look of all), else when it was first seen.
WITH states AS (FROM raw.inventory WHERE kind <> 'listing'),
listings AS (SELECT account_id, region, resource_id AS kind, first_seen_at AS listed_at FROM raw.inventory WHERE kind = 'listing'),
next_listings AS (
    SELECT s.account_id, s.region, s.kind, s.resource_id, l.listed_at
    FROM states s ASOF JOIN listings l
        ON l.account_id = s.account_id AND l.region = s.region AND l.kind = s.kind AND s.last_seen_at < l.listed_at
),
misses AS (
    SELECT DISTINCT n.* FROM next_listings n
    ANTI JOIN states s ON s.account_id = n.account_id AND s.region = n.region AND s.kind = n.kind
        AND s.resource_id = n.resource_id AND n.listed_at BETWEEN s.first_seen_at AND s.last_seen_at
),
looks AS (
    SELECT account_id, region, kind, resource_id, first_seen_at AS seen_at, state_sha, updated_at FROM states
    UNION ALL SELECT account_id, region, kind, resource_id, last_seen_at, state_sha, updated_at FROM states
    UNION ALL SELECT account_id, region, kind, resource_id, listed_at, NULL, NULL FROM misses
),
moments AS (
    SELECT account_id, region, kind, resource_id, seen_at,
        arg_max(state_sha, (updated_at, state_sha)) FILTER (state_sha IS NOT NULL) AS state_sha,
        max(updated_at) AS updated_at
    FROM looks GROUP BY ALL
),
steps AS (
    SELECT *, lag(seen_at) OVER w AS seen_before,
        coalesce(lag(state_sha) OVER w IS DISTINCT FROM state_sha OR row_number() OVER w = 1, true) AS begins
    FROM moments WINDOW w AS (PARTITION BY account_id, region, kind, resource_id ORDER BY seen_at)
),
islands AS (
    SELECT *, count(*) FILTER (begins) OVER (PARTITION BY account_id, region, kind, resource_id ORDER BY seen_at) AS island
    FROM steps
),
spans AS (
    SELECT account_id, region, kind, resource_id, any_value(state_sha) AS state_sha, min(seen_at) AS first_seen_at,
        max(seen_at) AS last_seen_at, arg_min(seen_before, seen_at) FILTER (begins) AS seen_before, max(updated_at) AS updated_at
    FROM islands GROUP BY account_id, region, kind, resource_id, island
),
dated AS (
    SELECT *, CASE WHEN updated_at <= first_seen_at AND (seen_before IS NULL OR updated_at > seen_before)
        THEN updated_at ELSE first_seen_at END AS valid_from
    FROM spans
),
ended AS (
    SELECT *, lead(valid_from) OVER (PARTITION BY account_id, region, kind, resource_id ORDER BY valid_from) AS valid_to FROM dated
),
facts AS (
    SELECT account_id, region, kind, resource_id, state_sha, any_value(parent_id) AS parent_id, any_value(name) AS name,
        any_value(arn) AS arn, any_value(version) AS version, any_value(status) AS status, any_value(facts) AS facts
    FROM states GROUP BY ALL
)
SELECT e.account_id, e.region, e.kind, e.resource_id, f.parent_id, f.name, f.arn, f.version, f.status, f.facts, e.updated_at,
    e.valid_from, e.valid_to, e.first_seen_at, e.last_seen_at
FROM ended e JOIN facts f USING (account_id, region, kind, resource_id, state_sha)
