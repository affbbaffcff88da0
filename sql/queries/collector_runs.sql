-- The latest run of every source and place.
select * from collector_runs
qualify row_number() over (partition by source, account_id, region, scope order by started_at desc, run_id desc) = 1
order by source, account_id, region, scope
