-- Records that could not be used, with one scrubbed sample each, most first.
select * from rejects order by n desc, source, reason limit 200
