-- table: action_steps
-- grain: one row per step of an action, as people entered it; a verdict that was written down is a step that moves nothing
-- replaces: true
-- column step_id: id of the entry
-- column action_id: the action
-- column step: accepted, shipped, verdict, kept, reverted, dismissed
-- column reason: why; always there for dismissed
-- column change_id: shipped: the change in the release ledger; NULL = only its moment was entered
-- column changed_at: shipped: when the change took effect, UTC
-- column verdict: the verdict at that moment: improved, improved_size_unclear, no_material_change, worse, worse_size_unclear, trade_off
-- column as_of: last day of data behind the verdict
-- column effect: effect on the metric, in its unit
-- column effect_low: its lower end, which holds however often one looks (95 %)
-- column effect_high: its upper end
-- column usd_month: effect in money a month, USD; positive = saved; NULL = it has no price
-- column usd_low: its lower end
-- column usd_high: its upper end
-- column grade: design grade of that verdict: A, B, C or D
-- column entered_by: who entered it
-- column entered_at: when, UTC
SELECT event_id AS step_id, action_id, step, reason, change_id, changed_at, verdict, as_of, effect, effect_low, effect_high, usd_month,
    usd_low, usd_high, grade, entered_by, entered_at
FROM raw.action_steps
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY entered_at, record_hash) = 1
ORDER BY ALL
