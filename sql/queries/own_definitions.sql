-- The owner's own KPIs and rules: what is in force, and what was refused and why.
select kind, name, version, state, reason, since_at
from definitions
where own and state <> 'superseded'
order by state = 'refused' desc, kind, name
