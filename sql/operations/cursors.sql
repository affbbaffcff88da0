-- grain: one row per scope: how far it has been read to exhaustion
-- column source: collector source
-- column account_id: AWS account
-- column region: AWS Region
-- column scope: log group, namespace, or empty
-- column reached_at: everything before has been read, UTC
-- column newest_event_at: time of the newest event seen, UTC
-- column late_p999_ms: 99.9 % of events arrived within, ms
-- column updated_at: when the cursor moved, UTC
SELECT * FROM ops.cursors ORDER BY ALL
