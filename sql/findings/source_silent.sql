-- severity: warning
-- wrong: This place is read, but its newest record is more than a day older than what has been read.
-- unknown: none
-- fix: Check that the agent runs and still writes to <subject> (CloudWatch > Log groups > newest event); an agent that is not used needs no fix.
SELECT account_id, region, scope AS subject, 'newest record ' || strftime(newest_event_at, '%Y-%m-%d %H:%M') || ' UTC, read to ' || strftime(reached_at, '%Y-%m-%d %H:%M') || ' UTC' AS evidence
FROM ops.cursors
WHERE source IN ('span_logs', 'invocation_logs') AND scope <> '' AND newest_event_at < reached_at - INTERVAL 24 HOUR
ORDER BY ALL
