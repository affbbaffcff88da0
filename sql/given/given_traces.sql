-- The traces that the next build looks at again: those that new rows touch, tasks that were still running, and every trace
-- that shares a figure with one of them, over any number of steps: the attempts of a task that a contract merges by session
-- or key, the tasks of a key that an owner's rule sees together, and the tasks that an event may mean when it names a session or
-- a key and no trace. A task whose rule has waited long enough is decided now. Where the inventory decides
-- otherwise than in the last build, the traces that the decision is about, from its moment on.
WITH RECURSIVE decided AS (
    (FROM int_inventory_rules EXCEPT FROM mart.inventory_rules) UNION ALL (FROM mart.inventory_rules EXCEPT FROM int_inventory_rules)
),
runtimes AS (
    SELECT subject AS agent_runtime, min(coalesce(valid_from, '1970-01-01'::TIMESTAMP)) - INTERVAL 1 DAY AS from_at
    FROM decided WHERE rule IN ('version', 'tool_server') GROUP BY subject
),
-- Named in the logged call or on the span: the profile by which a model was called; the role only in the log.
logged AS (
    SELECT request_id FROM raw.invocations i
    SEMI JOIN (SELECT subject FROM decided WHERE rule IN ('profile', 'model')) d ON d.subject = i.model_id_raw
    UNION SELECT request_id FROM raw.invocations i
    SEMI JOIN (SELECT subject FROM decided WHERE rule = 'role') d ON d.subject = role_name(i.principal_arn)
),
inventoried AS (
    SELECT s.trace_id FROM raw.spans s JOIN runtimes r USING (agent_runtime) WHERE s.started_at >= r.from_at
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN logged USING (request_id)
    UNION SELECT c.trace_id FROM mart.model_calls c
        SEMI JOIN (SELECT subject FROM decided WHERE rule = 'model') d ON d.subject = c.model_id_raw WHERE c.trace_id IS NOT NULL
),
touched_outcomes AS (
    SELECT o.* FROM raw.outcomes o SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'outcome') t ON t.key = o.event_id
),
events AS (
    FROM touched_outcomes
    UNION SELECT replaced.* FROM raw.outcomes replaced SEMI JOIN touched_outcomes o ON o.supersedes = replaced.event_id
    UNION SELECT version.* FROM raw.outcomes version SEMI JOIN touched_outcomes USING (record_key)
),
-- Events that no trace settled up to the last build: they name none, or one without any span by then.
loose AS MATERIALIZED (
    FROM raw.outcomes WHERE trace_id IS NULL
    UNION ALL
    SELECT o.* FROM raw.outcomes o ANTI JOIN mart.spans USING (trace_id) ANTI JOIN sealed.traces USING (trace_id)
    WHERE o.trace_id IS NOT NULL
),
direct AS (
    SELECT key AS trace_id FROM raw.touched WHERE kind = 'trace'
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'request') t ON t.key = s.request_id
    UNION FROM inventoried
    UNION SELECT trace_id FROM mart.tasks WHERE status = 'in_flight' OR waits_until <= getvariable('now')
    UNION SELECT trace_id FROM events WHERE trace_id IS NOT NULL
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (FROM loose SEMI JOIN events USING (event_id)) e USING (session_id)
    UNION SELECT s.trace_id FROM raw.span_events s SEMI JOIN (FROM loose SEMI JOIN events USING (event_id)) e USING (session_id)
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (FROM loose SEMI JOIN events USING (event_id)) e USING (task_key)
    UNION SELECT s.trace_id FROM sealed.traces s SEMI JOIN (FROM loose SEMI JOIN events USING (event_id)) e USING (session_id)
    UNION SELECT s.trace_id FROM sealed.traces s SEMI JOIN (FROM loose SEMI JOIN events USING (event_id)) e USING (task_key)
),
-- Where a trace stands now and where it stood in the last build: it may have left a group that must be built without it.
-- Each reader of it joins something that is often empty, and then reads none of it.
places AS NOT MATERIALIZED (
    SELECT trace_id, session_id, task_key, agent_runtime AS agent_id FROM raw.spans
    UNION ALL SELECT trace_id, session_id, NULL, agent_runtime FROM raw.span_events
    UNION ALL SELECT trace_id, session_id, task_key, agent_id FROM mart.task_traces
    -- The key of a task may stand in an event about it alone.
    UNION ALL SELECT trace_id, NULL, task_key, NULL FROM raw.outcomes SEMI JOIN key_rules ON true WHERE trace_id IS NOT NULL
),
contracts AS (
    SELECT task, agent_id, agent_id IN (SELECT agent_id FROM config.hosts) AS anywhere FROM config.contracts
    UNION ALL SELECT 'key', NULL, true FROM key_rules
),
links AS MATERIALIZED (
    SELECT p.trace_id, 'session ' || p.session_id AS shared FROM places p SEMI JOIN loose USING (session_id)
    UNION
    SELECT p.trace_id, 'session ' || p.session_id FROM places p
    SEMI JOIN contracts c ON c.task = 'session' AND (c.anywhere OR c.agent_id = coalesce(p.agent_id, c.agent_id))
    WHERE p.session_id IS NOT NULL
    UNION
    SELECT p.trace_id, 'key ' || p.task_key FROM places p SEMI JOIN loose USING (task_key)
    UNION
    SELECT p.trace_id, 'key ' || p.task_key FROM places p
    SEMI JOIN contracts c ON c.task = 'key' AND (c.anywhere OR c.agent_id = coalesce(p.agent_id, c.agent_id))
    WHERE p.task_key IS NOT NULL
    UNION
    -- Such an event binds its trace, its session and its key: what arrives of one may take it from another.
    SELECT coalesce(trace_id, 'event ' || session_id || ' ' || task_key), unnest(['session ' || session_id, 'key ' || task_key])
    FROM loose
),
reached AS (
    SELECT trace_id FROM direct
    UNION
    SELECT other.trace_id FROM reached JOIN links mine USING (trace_id) JOIN links other USING (shared)
)
SELECT trace_id FROM reached WHERE trace_id NOT LIKE 'event %'
