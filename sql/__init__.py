"""All DuckDB: the only room with connections and file paths.

Promise: rows land exactly once whatever the order and number of deliveries; marts are a function of what landed;
a reader never sees half a file. Nothing here imports from the other rooms.
"""
