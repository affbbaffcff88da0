-- grain: one row per given outcome event that no later event replaces
-- A correction is a new event that names the one it supersedes, or states the same record of its system again: of those the
-- one observed last holds. The replaced ones stay in raw and leave the figures.
SELECT o.*
FROM raw.outcomes o
SEMI JOIN given_outcomes g USING (event_id)
ANTI JOIN raw.outcomes later ON later.supersedes = o.event_id
ANTI JOIN raw.outcomes newer ON newer.record_key = o.record_key
    AND (coalesce(newer.observed_at, newer.happened_at), newer.event_id) > (coalesce(o.observed_at, o.happened_at), o.event_id)
