-- How far every source has been read.
select * from cursors order by source, account_id, region, scope
