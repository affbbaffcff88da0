-- Results of the data checks at the last build, failures first.
select * from check_results order by severity = 'fail' and offenders > 0 desc, offenders desc, check_name
