-- What the settings and the last publish say about the organisation; holds nothing about single agents.
select key, value from org order by key
