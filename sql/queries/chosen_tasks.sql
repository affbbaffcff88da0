-- Tasks that started in [$from, $to). $show names a subset; 'all' is every task. The lists of tasks and their number begin with it.
-- Environments are compared one by one: where those stored together are all alike, DuckDB then need not look at each (not so with `not in`).
select *
from tasks
where ($agents is null or list_contains($agents, agent_id))
  and ($versions is null or list_contains($versions, agent_version))
  and case when $environments is null
           then environment is distinct from 'test' and environment is distinct from 'synthetic'
                and environment is distinct from 'replay' and environment is distinct from 'load'
           else list_contains($environments, environment) end
  and day >= $from and day < $to
  and case $show
        when 'all' then true
        when 'judged' then status_source not in ('escalation', 'lifecycle') and status is not null
        when 'good' then status_source not in ('escalation', 'lifecycle') and status = 'success'
        when 'failed' then status = 'failed'
        when 'escalated' then coalesce(escalated, false)
        when 'ended' then status <> 'in_flight' or escalated is not null
        when 'abandoned' then status in ('abandoned', 'cancelled')
        when 'running' then status = 'in_flight'
        when 'unknown' then status is null
        when 'checked' then truth_score is not null and truth_weight > 0 and escalated is not true and mature
        when 'timed' then duration_ms is not null and mature
        when 'unpriced' then cost_state in ('partial', 'unpriced')
        when 'reported' then human_touch is not null and mature and coalesce(status, '') not in ('abandoned', 'cancelled', 'in_flight')
        when 'leaked' then mature and escalated is not true and (verdict is not null or escalated is not null) and exists (
            from agents a where a.agent_id = tasks.agent_id and tasks.confidence < a.confidence_threshold)
        when 'scored' then mature and exists (from labels l where l.task_id = tasks.task_id and l.kind = 'judge' and l.good is not null)
        when 'sure' then truth_score is not null and truth_weight > 0 and escalated is not true and mature and confidence is not null
        when 'again' then status = 'success' and (corrected or exists (
            from tasks later where later.agent_id = tasks.agent_id and later.business_key = tasks.business_key
                and later.task_id <> tasks.task_id and later.started_at > tasks.started_at
                and later.started_at <= tasks.started_at + interval 7 day))
        when 'mature' then mature
        when 'due' then mature and status is distinct from 'cancelled'
        when 'finished' then mature and ended_at is not null and coalesce(status, '') not in ('abandoned', 'cancelled')
        when 'untouched' then not human_touch and mature and coalesce(status, '') not in ('abandoned', 'cancelled', 'in_flight')
        when 'decided' then mature and coalesce(status, '') not in ('abandoned', 'cancelled', 'in_flight')
            and (human_touch or (status_source not in ('escalation', 'lifecycle') and status is not null))
        when 'alone' then mature and status = 'success' and status_source not in ('escalation', 'lifecycle') and human_touch is not true
        when 'labelled' then mature and coalesce(human_labels, 0) + coalesce(judge_labels, 0) + coalesce(outcome_labels, 0) > 0
        when 'reviewed' then mature and escalated and exists (from labels l where l.task_id = tasks.task_id and l.kind = 'human'
            and l.rubric = 'escalation.needed' and l.score is not null)
        when 'complained' then (select arg_max(l.score, (l.labelled_at, l.label_id)) < 0.5 from labels l where l.task_id = tasks.task_id
            and l.kind = 'human' and l.rubric not in ('escalation.needed', 'guardrail.right') and l.score is not null and l.inclusion_probability is null)
        else false end
  and ($search is null or contains(lower(task_id), lower($search)) or contains(lower(coalesce(business_key, '')), lower($search)))
  and ($tool is null or task_id in (select task_id from tool_calls where tool_name = $tool))
