-- What has changed in the marts since the last published file: the next one is a copy of that in which only this is replaced.
-- day NULL: the whole table; table_name '*': everything.
CREATE TABLE ops.unpublished (table_name VARCHAR NOT NULL, day DATE);
