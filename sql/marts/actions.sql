-- table: actions
-- grain: one row per action that somebody proposed. What it has to change was written down first and stays; steps move its state
-- replaces: true
-- column action_id: id of the action
-- column agent_id: the agent
-- column title: what is done
-- column owner: who takes care
-- column insight_id: the finding that it answers; NULL = none
-- column signature: signature of that finding
-- column insight_at: when the finding was raised, UTC
-- column kpi: the number that it has to change
-- column slice: part of that number, such as a tool or a quantile; '' = the whole
-- column task_type: the kind of task that it is about; NULL = all of them
-- column direction: up or down: where the number has to go
-- column expected: the same in words
-- column materiality: the least effect that matters, in the number's unit
-- column guards: numbers that must not get worse, each with the most it may, in its unit (JSON list of kpi, slice, margin)
-- column baseline_from: first day compared with; of an action that answers a finding, days before the bad spell
-- column baseline_to: day after the last one
-- column spell_from: first day of the bad spell; NULL = none
-- column spell_to: day after the last one
-- column min_days: days after the change before there is a verdict
-- column design: how it is told apart: before_after, split (a random share of tasks gets the change), version (against the version it replaces, at the same time), agent (less what an unchanged agent moved), kinds (less what the agent's other kinds of task moved)
-- column control_agent: the unchanged agent; NULL = none
-- column split: share of tasks that is meant to get the change; NULL = none
-- column grade: design grade planned: A randomised, B concurrent control, C before and after on the same mix of work, D raw
-- column registered_at: when all this was written down, UTC
-- column registered_by: by whom
-- column state: proposed, accepted, shipped, kept, reverted, dismissed
-- column change_id: the change in the release ledger; NULL = none is linked
-- column taken_at: when the change took effect, UTC; NULL = not yet
-- column day: its calendar day in the organisation's time zone
-- column verdict_at: when a verdict was first written down, UTC; NULL = not yet
-- column verdict: improved, improved_size_unclear, no_material_change, worse, worse_size_unclear, trade_off; NULL = not yet
-- column effect: effect on the number, in its unit
-- column effect_low: its lower end, which holds however often one looks (95 %)
-- column effect_high: its upper end
-- column usd_month: effect in money a month, USD; positive = saved; NULL = not yet, or it has no price
-- column usd_low: its lower end
-- column usd_high: its upper end
WITH registered AS (
    FROM raw.action_records QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY entered_at, record_hash) = 1
),
-- A step that cannot follow the state reached moves nothing.
moved AS (
    SELECT action_id, list_reduce(list_prepend('proposed', list(step ORDER BY entered_at, step_id)), lambda s, x: CASE
            WHEN s = 'proposed' AND x IN ('accepted', 'dismissed') OR s = 'accepted' AND x IN ('shipped', 'dismissed')
                OR s = 'shipped' AND x IN ('kept', 'reverted') OR s = 'kept' AND x = 'reverted' THEN x
            ELSE s END) AS state
    FROM mart.action_steps WHERE step <> 'verdict' GROUP BY action_id
),
-- The first change linked counts: a day chosen after the data were seen proves nothing.
shipped AS (
    FROM mart.action_steps WHERE step = 'shipped' QUALIFY row_number() OVER (PARTITION BY action_id ORDER BY entered_at, step_id) = 1
),
judged AS (
    SELECT *, min(entered_at) OVER (PARTITION BY action_id) AS verdict_at FROM mart.action_steps WHERE verdict IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY action_id ORDER BY entered_at DESC, step_id DESC) = 1
)
SELECT r.event_id AS action_id, r.agent_id, r.title, r.owner, r.insight_id, r.signature, r.insight_at, r.kpi, r.slice, r.task_type, r.direction,
    concat_ws(' ', r.kpi, nullif(r.slice, ''), r.direction, 'by at least', r.materiality) AS expected, r.materiality, r.guards,
    r.baseline_from, r.baseline_to, r.spell_from, r.spell_to, r.min_days,
    coalesce(r.design, 'before_after') AS design, r.control_agent, r.split, r.grade, r.entered_at AS registered_at,
    r.entered_by AS registered_by, coalesce(m.state, 'proposed') AS state,
    CASE WHEN m.state IN ('shipped', 'kept', 'reverted') THEN s.change_id END AS change_id,
    CASE WHEN m.state IN ('shipped', 'kept', 'reverted') THEN s.changed_at END AS taken_at, local_day(taken_at) AS day,
    j.verdict_at, j.verdict, j.effect, j.effect_low, j.effect_high, j.usd_month, j.usd_low, j.usd_high
FROM registered r
LEFT JOIN moved m ON m.action_id = r.event_id
LEFT JOIN shipped s ON s.action_id = r.event_id
LEFT JOIN judged j ON j.action_id = r.event_id AND m.state IN ('shipped', 'kept', 'reverted')
ORDER BY r.entered_at, r.event_id
