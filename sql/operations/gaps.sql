-- grain: one row per stretch of time of a scope that has not been read although it should be
-- column source: collector source
-- column account_id: AWS account
-- column region: AWS Region
-- column scope: log group, namespace, or empty
-- column reason: catch_up (older than what was read last: later passes read it), backfill (asked for and not read yet), unreadable (AWS refuses it)
-- column from_at: first moment, UTC
-- column to_at: first moment after, UTC
-- column error_code: why it is unreadable
-- column error_message: what happened, to what
-- column remedy: what to do next
WITH done AS (
    SELECT source, account_id, region, scope, from_at, to_at FROM ops.ranges WHERE state IN ('read', 'unreadable')
),
wanted AS (
    SELECT source, account_id, region, scope, 'backfill' AS reason, from_at AS first_at, to_at AS last_at
    FROM ops.ranges WHERE state = 'asked'
    UNION ALL
    SELECT c.source, c.account_id, c.region, c.scope, 'catch_up', c.reached_at, max(r.to_at)
    FROM ops.cursors c JOIN ops.ranges r USING (source, account_id, region, scope)
        SEMI JOIN ops.live_scopes USING (source, account_id, region, scope)
    WHERE r.state = 'read' AND r.to_at > c.reached_at
    GROUP BY ALL
),
pieces AS (
    SELECT w.*, greatest(d.from_at, first_at) AS from_at, least(d.to_at, last_at) AS to_at
    FROM wanted w JOIN done d USING (source, account_id, region, scope)
    WHERE d.from_at < last_at AND d.to_at > first_at
    UNION ALL SELECT *, first_at, first_at FROM wanted
    UNION ALL SELECT *, last_at, last_at FROM wanted
),
edges AS (
    SELECT *, max(to_at) OVER (PARTITION BY source, account_id, region, scope, reason, first_at
        ORDER BY from_at, to_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS read_to
    FROM pieces
),
refused AS (
    SELECT source, account_id, region, scope, 'unreadable' AS reason, from_at, to_at, error_code, error_message, remedy
    FROM ops.ranges WHERE state = 'unreadable'
)
SELECT source, account_id, region, scope, reason, read_to AS from_at, from_at AS to_at, NULL::VARCHAR AS error_code,
    NULL::VARCHAR AS error_message, NULL::VARCHAR AS remedy
FROM edges WHERE read_to < from_at
UNION ALL FROM refused
ORDER BY ALL
