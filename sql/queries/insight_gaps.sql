-- When work cannot have been seen whole in [$from, $to): stretches of a source of telemetry that were not read.
select from_at, to_at from gaps
where source in ('span_logs', 'invocation_logs', 'invocation_logs_s3', 'xray_traces') and to_at > $from::date - 1 and from_at < $to::date + 1
order by all
