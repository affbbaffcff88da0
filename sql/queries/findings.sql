-- What the last examination found, the worst first.
select * from findings
order by case severity when 'error' then 1 when 'warning' then 2 else 3 end, code, account_id, region, subject
