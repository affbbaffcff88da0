"""Bedrock model-invocation log records in S3: gzip objects under an hour's prefix, several records an object.

The hour in a key is that of delivery, not of the call: hours are listed again for a while, and a manifest of keys and
etags says which objects have been read. A record that CloudWatch brought too is the same row, by its request id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from collectors import s3
from collectors.aws import UNKNOWN_ACCOUNT, Account, Page
from collectors.errors import AwsRefused, NotFound, NotSetUp
from collectors.settings import Option, SourceSettings
from collectors.source import About, Grant, Reading, Source
from collectors.sources.invocation_logs import fetch_configuration
from collectors.window import Window, floor, to_ms
from sql.scrub import scrub
from sql.warehouse import S3Object, Scope

KEY = "invocation_logs_s3"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LISTED_AT_ONCE = 1_000
MARKER = "amazon-bedrock-logs-permission-check"
HOUR_OF_KEY = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/([01]\d|2[0-3])/[^/]*$")
PLACE_OF_LOGS = re.compile(r"(?:^|/)AWSLogs(?:/.*)?$")
BUCKETS = Option(
    "buckets",
    "texts",
    "Buckets to read, as s3://bucket or s3://bucket/prefix, in place of the one that the account's logging "
    "configuration names; also read where CloudWatch Logs gets the same records.",
)
HOW = (
    "In the Bedrock console: Settings, Model invocation logging, on, with S3 as destination and text included; better "
    "than CloudWatch Logs above a million calls a day."
)


def parse_configuration(answer: Page) -> str:
    """The address that records are delivered to, `s3://bucket/prefix/`. Raises NotSetUp."""
    config = answer.get("loggingConfig") or {}
    destination = config.get("s3Config") or {}
    group = (config.get("cloudWatchConfig") or {}).get("logGroupName")
    bucket = destination.get("bucketName")
    if not bucket and not group:
        raise NotSetUp("Model invocation logging is off in this region, and it records nothing afterwards.", HOW)
    if not bucket:
        raise NotSetUp("Model invocation logs go to CloudWatch Logs only, and are read there.", HOW)
    where = s3.address(bucket, folder(destination.get("keyPrefix") or ""))
    if group:
        raise NotSetUp(
            f"Model invocation logs go to CloudWatch Logs and to S3; they are read from the log group {group}.",
            f'To read S3 as well, set buckets = ["{where}"] in [sources.{KEY}]; no record counts twice.',
        )
    return where


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The buckets that ledger.toml names, else the one that the account's configuration names."""
    named = [place(uri) for uri in settings.options.get(BUCKETS.name) or ()]
    places = dict.fromkeys(named or [parse_configuration(fetch_configuration(account))])
    return [Scope(KEY, account.account_id, account.region, where) for where in places]


def place(uri: str) -> str:
    """An address of ledger.toml as the folder above AWSLogs. Raises BadSetting."""
    bucket, prefix = s3.split_uri(uri, f"[sources.{KEY}] {BUCKETS.name}")
    return s3.address(bucket, folder(PLACE_OF_LOGS.sub("", prefix)))


def folder(prefix: str) -> str:
    """A key prefix that ends in one slash, or ''."""
    return f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def prefixes(root: str, window: Window) -> Iterator[str]:
    """What to list for a window: its hours, whole days at once, and the next hour, in which the last calls arrive."""
    hour, end = floor(window.start, HOUR), window.end + HOUR
    while hour < end:
        whole_day = hour == floor(hour, DAY) and hour + DAY <= end
        yield root + hour.strftime("%Y/%m/%d/" if whole_day else "%Y/%m/%d/%H/")
        hour += DAY if whole_day else HOUR


def unwanted(key: str) -> str | None:
    """Why an object holds no records, or None."""
    name = key.rpartition("/")[2]
    if name == MARKER:
        return "permission_check"
    if HOUR_OF_KEY.search(key) is None:
        return "large_payload" if "/data/" in key else "other_object"
    return None if name.endswith(".json.gz") else "other_object"


def collect(reading: Reading) -> None:
    """Read every object of the window's hours that has not been read."""
    if reading.scope.account_id == UNKNOWN_ACCOUNT:
        raise AwsRefused(
            "The account's id, with which the keys of the bucket begin, is not known: sts:GetCallerIdentity fails.",
            "Allow it, or set [aws] role_arn in ledger.toml.",
        )
    bucket, above = s3.split_uri(reading.scope.name)
    root = f"{above}AWSLogs/{reading.scope.account_id}/BedrockModelInvocationLogs/{reading.scope.region}/"
    for prefix in prefixes(root, reading.window):
        listed = s3.list_objects(reading.account, bucket, prefix)
        while some := list(islice(listed, LISTED_AT_ONCE)):
            for each in reading.landing.unread(with_records(reading, some)):
                read_object(reading, each)


def with_records(reading: Reading, listed: list[S3Object]) -> Iterator[S3Object]:
    """The objects that hold records; the others are counted."""
    for each in listed:
        reason = unwanted(each.key)
        if reason is None:
            yield each
        else:
            reading.landing.skip(reason)


def read_object(reading: Reading, wanted: S3Object) -> None:
    """Hand over the records of one object. Only one that was read to its end is not read again."""
    landing, where = reading.landing, s3.address(wanted.bucket, wanted.key)
    try:
        for number, text in enumerate(s3.read_lines(reading.account, wanted), 1):
            hand_over(reading, wanted, number, text.lstrip())
    except s3.TruncatedObject as error:
        landing.reject("truncated_object", f"{where}: {error.message}", wanted.modified_at)
        landing.wait_for(hour_of(wanted.key))
        return
    except NotFound as error:
        if error.code != "NoSuchKey":
            raise
        landing.skip("removed_object")
        return
    landing.finished(wanted)


def hand_over(reading: Reading, wanted: S3Object, number: int, text: str) -> None:
    """One line of an object: a record, or a reject."""
    if not text.startswith("{"):
        reading.landing.reject("not_json", scrub(text), wanted.modified_at)
        return
    reading.landing.record(
        text,
        at_ms=None,
        ingested_ms=None if wanted.modified_at is None else to_ms(wanted.modified_at),
        event_id=f"{wanted.key}#{number}",
        group=reading.scope.name,
    )


def hour_of(key: str) -> datetime:
    """The hour of delivery that a key names."""
    found = HOUR_OF_KEY.search(key)
    assert found is not None  # noqa: S101 - other keys are unwanted
    year, month, day, hour = (int(part) for part in found.groups())
    return datetime(year, month, day, hour)  # noqa: DTZ001 - naive UTC everywhere


SOURCE = Source(
    key=KEY,
    title="Bedrock model invocation logs in S3",
    feeds=("invocation_records",),
    actions=(
        Grant(("bedrock:GetModelInvocationLoggingConfiguration",)),
        Grant(("s3:ListBucket",), ("arn:aws:s3:::<MODEL_INVOCATION_BUCKET>",)),
        Grant(("s3:GetObject",), ("arn:aws:s3:::<MODEL_INVOCATION_BUCKET>/*",)),
        Grant(("kms:Decrypt",), ("arn:aws:kms:*:*:key/<MODEL_INVOCATION_KEY>",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=3),
    about=About(
        reads="Bedrock model invocation log records that the account's configuration delivers to an S3 bucket: gzip "
        "objects of several records under a prefix per hour. Objects with large payloads are not opened.",
        feeds="Exact tokens, stop reason, latency and guardrail results of model calls: cost and guardrail KPIs. Where "
        "CloudWatch Logs gets the same records, they are read there and this source is not set up.",
        cost="One ListObjectsV2 call an hour of the window or a day of a longer past, and one GetObject call a new "
        "object; a key's decryption is charged by KMS. Storage is the log's own.",
        lag="Minutes. The hours of the last three hours are listed again every time, and longer when records were "
        "measured to come later; an object is read once, unless its content changes.",
        switch_on="Bedrock console, Settings, Model invocation logging: on, to S3, with text. To read it beside "
        "CloudWatch Logs, or another bucket, name it in buckets.",
    ),
    options=(BUCKETS,),
)
