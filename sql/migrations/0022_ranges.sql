-- Which stretches of time of a scope were asked for, have been read to exhaustion, or cannot be read; and when late
-- records were looked for far back. Windows that were read before this migration count, as far as the cursor vouches.
CREATE TABLE ops.ranges (
    source VARCHAR NOT NULL, account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    state VARCHAR NOT NULL, from_at TIMESTAMP NOT NULL, to_at TIMESTAMP NOT NULL,
    error_code VARCHAR, error_message VARCHAR, remedy VARCHAR
);
INSERT INTO ops.ranges
WITH whole AS (
    SELECT r.source, r.account_id, r.region, r.scope, r.window_from AS from_at, least(r.window_to, c.reached_at) AS to_at
    FROM ops.collector_runs r JOIN ops.cursors c USING (source, account_id, region, scope)
    WHERE r.status = 'ok' AND r.window_from < least(r.window_to, c.reached_at)
),
marked AS (
    SELECT *, max(to_at) OVER (PARTITION BY source, account_id, region, scope ORDER BY from_at, to_at
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM whole
),
numbered AS (
    SELECT *, count(*) FILTER (before IS NULL OR before < from_at)
        OVER (PARTITION BY source, account_id, region, scope ORDER BY from_at, to_at) AS island
    FROM marked
)
SELECT source, account_id, region, scope, 'read', min(from_at), max(to_at), NULL, NULL, NULL
FROM numbered GROUP BY source, account_id, region, scope, island;
ALTER TABLE ops.cursors ADD COLUMN deep_read_at TIMESTAMP;
-- A scope that later passes over its source no longer list (a deleted log group) is waited for no more.
CREATE VIEW ops.live_scopes AS
WITH last AS (
    SELECT source, account_id, region, scope, max(started_at) AS seen_at FROM ops.collector_runs
    GROUP BY source, account_id, region, scope
)
SELECT source, account_id, region, scope FROM last
QUALIFY seen_at >= max(seen_at) OVER (PARTITION BY source, account_id, region) - INTERVAL 1 DAY;
