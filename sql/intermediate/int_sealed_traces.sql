-- grain: one row per given trace whose spans are no longer kept
-- One of which spans have come all the same is built from those.
SELECT t.* FROM sealed.traces t SEMI JOIN given_traces USING (trace_id) ANTI JOIN int_traces USING (trace_id)
