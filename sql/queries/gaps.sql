-- What has not been read although it should be.
select * from gaps order by reason, source, account_id, region, scope, from_at
