-- grain: one row per given outcome event that no later event replaces
-- A correction is a new event that names the one it supersedes; the superseded one stays in raw and leaves the figures.
SELECT o.*
FROM raw.outcomes o
SEMI JOIN given_outcomes g USING (event_id)
ANTI JOIN raw.outcomes later ON later.supersedes = o.event_id
