-- Which objects of S3, or files, have been read: an object is read again only when its content changes.
CREATE TABLE ops.objects (
    source VARCHAR NOT NULL, account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, bucket VARCHAR NOT NULL, key VARCHAR NOT NULL,
    etag VARCHAR NOT NULL, size BIGINT, modified_at TIMESTAMP, read_at TIMESTAMP
);
