-- One page of the chosen tasks. The place of the last row that is shown is found by one column first: then DuckDB reads the others
-- of a few rows only. That column is ordered by as it is stored: then rows that are surely too small are not even read.
with found as not materialized (
    select task_id, business_key, agent_id, agent_name, agent_version, task_type, environment, started_at, status,
           status_source, reason, duration_ms, cost_usd, cost_state, model_calls, tool_calls, tool_errors, confidence,
           escalated, escalation_reason, truth_score, human_labels, judge_labels, outcome_labels,
           case $sort
                when 'cost' then cost_usd::double
                when 'slow' then duration_ms
                else epoch_us(started_at)::double end as place
    from chosen_tasks
)
select * exclude (place) from found
where coalesce(place, '-infinity') >= (
    select min(coalesce(place, '-infinity')) from (select place from found order by place desc nulls last limit $limit + $offset))
order by case when $sort = 'cost' then cost_usd end desc nulls last,
         case when $sort = 'slow' then duration_ms end desc nulls last,
         started_at desc, task_id
limit $limit offset $offset
