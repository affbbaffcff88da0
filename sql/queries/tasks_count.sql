-- How many tasks the same question gives in all.
select count(*) as tasks from chosen_tasks
