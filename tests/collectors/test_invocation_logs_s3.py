"""Model-invocation logs in S3: hour prefixes, several records an object, a manifest, and no call counted twice."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from collectors.errors import BadSetting, NotSetUp
from collectors.run import Asked, Outcome
from collectors.settings import Settings, SourceSettings
from collectors.sources.invocation_logs_s3 import (
    KEY,
    SOURCE,
    folder,
    parse_configuration,
    place,
    prefixes,
    unwanted,
)
from collectors.window import Window
from sql.warehouse import Run
from tests.collectors.fake_aws import ACCOUNT_ID
from tests.collectors.fake_s3 import BUCKET, FakeS3, S3Fault, serving_s3
from tests.collectors.support import NOW, REGION, read, rows
from tests.sql.support import invocation

CONFIGURED = {"loggingConfig": {"s3Config": {"bucketName": BUCKET, "keyPrefix": "bedrock"}}}
BOTH = {"loggingConfig": {**CONFIGURED["loggingConfig"], "cloudWatchConfig": {"logGroupName": "/inv", "roleArn": "r"}}}
WHERE = f"s3://{BUCKET}/bedrock/"


def hour(hours_ago: float = 0, name: str = "1.json.gz", account: str = ACCOUNT_ID, region: str = REGION) -> str:
    """The key of an object that was delivered that long ago."""
    at = NOW - timedelta(hours=hours_ago)
    return f"bedrock/AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{at:%Y/%m/%d/%H}/{name}"


def record(number: int, **fields: Any) -> dict[str, Any]:
    """One record, whose call was made ten minutes before NOW."""
    at = (NOW - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return invocation(f"r{number:04}", timestamp=at, **fields)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    """An account whose logs go to S3 only."""
    with serving_s3(monkeypatch, logging=CONFIGURED) as fake:
        yield fake


def settings(home: Path, *buckets: str) -> Settings:
    return Settings(home=home, sources={KEY: SourceSettings(options={"buckets": list(buckets)} if buckets else {})})


def run(home: Path, *buckets: str, now: datetime = NOW, asked: Asked | None = None) -> Run:
    """One pass over this source; it has one scope."""
    outcome: Outcome = read(home, KEY, asked=asked, now=now, settings=settings(home, *buckets))
    assert len(outcome.runs) == 1
    return outcome.runs[0]


def ids(home: Path) -> list[str]:
    return [row[0] for row in rows(home, "SELECT request_id FROM raw.invocations ORDER BY 1")]


def test_records_of_all_objects_become_rows(bucket: FakeS3, tmp_path: Path) -> None:
    for number in range(5):
        bucket.put_records(hour(number, f"{number}.json.gz"), [record(2 * number), record(2 * number + 1)])
    done = run(tmp_path)
    assert (done.status, done.rows_new, done.rejects, done.scope.name) == ("ok", 10, 0, WHERE)
    assert ids(tmp_path) == [f"r{number:04}" for number in range(10)]
    assert rows(tmp_path, "SELECT DISTINCT uncached_input_tokens, output_tokens, account_id FROM raw.invocations") == [
        (1000, 100, ACCOUNT_ID)
    ]
    assert len(bucket.asked("logging")) == 1


def test_the_time_of_an_event_is_the_record_s_own_and_its_lateness_is_measured(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(), [record(1)], at=NOW - timedelta(minutes=4))
    run(tmp_path)
    assert rows(tmp_path, "SELECT newest_event_at, late_p999_ms, reached_at FROM ops.cursors") == [
        (NOW - timedelta(minutes=10), 360_000.0, NOW - timedelta(minutes=1))
    ]


def test_what_holds_no_records_is_counted_and_never_opened(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(), [record(1)])
    for name in (
        "data/r1_input.json.gz",
        "data/r1_input_media_00.pdf",
        "amazon-bedrock-logs-permission-check",
        "x.txt",
    ):
        bucket.put(hour(name=name), b"" if "check" in name else b"large")
    done = run(tmp_path)
    assert (done.rows_new, done.skipped, done.rejects) == (1, 4, 0)
    assert bucket.asked("get") == [hour()]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("20241018T074319996Z_4dbc03d57ffa1c7d.json.gz", None),
        ("data/0f1e_output.json.gz", "large_payload"),
        ("amazon-bedrock-logs-permission-check", "permission_check"),
        ("data/amazon-bedrock-logs-permission-check", "permission_check"),
        ("notes.txt", "other_object"),
        ("deeper/x.json.gz", "other_object"),
    ],
)
def test_objects_are_told_apart_by_their_keys(name: str, reason: str | None) -> None:
    assert unwanted(hour(name=name)) == reason


def test_an_object_is_read_once_and_again_only_when_its_content_changes(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(1), [record(1)])
    run(tmp_path)
    again = run(tmp_path, now=NOW + timedelta(minutes=5))
    assert (again.rows_read, again.rows_new, len(bucket.asked("get"))) == (0, 0, 1)
    bucket.put_records(hour(1), [record(1), record(2)])
    third = run(tmp_path, now=NOW + timedelta(minutes=10))
    assert (third.rows_new, third.duplicates, len(bucket.asked("get"))) == (1, 1, 2)


def test_an_object_that_is_delivered_into_an_earlier_hour_is_found(bucket: FakeS3, tmp_path: Path) -> None:
    run(tmp_path)
    bucket.put_records(hour(3), [record(1)])
    assert run(tmp_path, now=NOW + timedelta(minutes=5)).rows_new == 1


def test_lines_that_are_no_records_are_rejected_once_with_their_place(bucket: FakeS3, tmp_path: Path) -> None:
    texts = ["Permissions are fine", json.dumps(record(1)), '{"schemaType": "Other"}', '{"requestId": "cut', ""]
    bucket.put(hour(), gzip.compress("\n".join(texts).encode()))
    first = run(tmp_path)
    assert (first.rows_new, first.rejects) == (1, 3)
    kept = rows(tmp_path, "SELECT reason, event_id FROM ops.rejects WHERE reason <> 'not_json' ORDER BY 1")
    assert kept == [("malformed_json", f"{hour()}#4"), ("unknown_schema", f"{hour()}#3")]
    assert rows(tmp_path, "SELECT sample FROM ops.rejects WHERE reason = 'not_json'") == [("Permissions are fine",)]
    assert len(bucket.asked("get")) == 1


def test_a_truncated_object_is_shown_waited_for_and_stops_no_other(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(2, "a.json.gz"), [record(number) for number in range(300)])
    whole = bucket.objects[hour(2, "a.json.gz")][0]
    bucket.put(hour(2, "a.json.gz"), whole[:-20])
    bucket.put_records(hour(1, "b.json.gz"), [record(900)])
    first = run(tmp_path)
    assert (first.status, first.rejects) == ("ok", 1)
    assert "r0900" in ids(tmp_path)
    assert len(ids(tmp_path)) < 301
    assert [row[0] for row in rows(tmp_path, "SELECT key FROM ops.objects")] == [hour(1, "b.json.gz")]
    bucket.put(hour(2, "a.json.gz"), whole)
    run(tmp_path, now=NOW + timedelta(hours=9))
    assert len(ids(tmp_path)) == 301


def test_a_read_that_breaks_off_marks_nothing_and_the_next_one_doubles_nothing(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(1, "a.json.gz"), [record(1)])
    bucket.put_records(hour(1, "b.json.gz"), [record(2)])
    bucket.faults = [S3Fault("b.json.gz", at=10, times=3)]
    first = run(tmp_path)
    assert (first.status, first.retry_helps) == ("failed", True)
    assert rows(tmp_path, "SELECT count(*) FROM ops.objects") == [(0,)]
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors") == [(0,)]
    second = run(tmp_path)
    assert (second.status, second.rows_new, ids(tmp_path)) == ("ok", 2, ["r0001", "r0002"])


def test_an_object_that_is_removed_between_listing_and_reading_is_counted(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(), [record(1)])
    bucket.faults = [S3Fault(code="NoSuchKey", status=404)]
    done = run(tmp_path)
    assert (done.status, done.skipped) == ("ok", 1)


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (S3Fault(code="AccessDenied", listing=True), "s3:ListBucket"),
        (S3Fault(code="AccessDenied"), "s3:GetObject"),
        (S3Fault(code="AccessDenied", text="not authorized to perform: kms:Decrypt on resource"), "kms:Decrypt"),
    ],
    ids=["list", "get", "kms"],
)
def test_denial_fails_the_run_and_names_the_iam_action(
    bucket: FakeS3, tmp_path: Path, fault: S3Fault, remedy: str
) -> None:
    bucket.put_records(hour(), [record(1)])
    bucket.faults = [fault]
    done = run(tmp_path)
    assert (done.status, done.error_code) == ("failed", "AccessDenied")
    assert remedy in (done.remedy or "")
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors") == [(0,)]


def test_an_empty_bucket_is_read_and_its_cursor_moves(bucket: FakeS3, tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.status, done.rows_read) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(NOW - timedelta(minutes=1),)]
    before = len(bucket.asked("list"))
    run(tmp_path, now=NOW + timedelta(minutes=5))
    assert len(bucket.asked("list")) - before == 6


@pytest.mark.parametrize(
    ("configuration", "message", "remedy"),
    [
        ({}, "logging is off", "S3 as destination"),
        ({"loggingConfig": {"cloudWatchConfig": {"logGroupName": "/inv"}}}, "CloudWatch Logs only", "S3"),
        (BOTH, "read from the log group /inv", f'buckets = ["{WHERE}"]'),
    ],
    ids=["off", "CloudWatch", "both"],
)
def test_an_account_without_logs_in_s3_is_not_set_up_at_the_cost_of_one_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, configuration: dict[str, Any], message: str, remedy: str
) -> None:
    with serving_s3(monkeypatch, logging=configuration) as fake:
        done = run(tmp_path)
        assert (done.status, len(fake.asked("logging")), fake.asked("list")) == ("not_set_up", 1, [])
    assert message in (done.error_message or "")
    assert remedy in (done.remedy or "")


def test_an_account_with_logs_in_s3_only_points_from_one_source_to_the_other(bucket: FakeS3, tmp_path: Path) -> None:
    done = read(tmp_path, "invocation_logs").runs[0]
    assert done.status == "not_set_up"
    assert "invocation_logs_s3" in (done.error_message or "")


def test_a_named_bucket_needs_no_configuration_and_is_read_beside_cloudwatch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving_s3(monkeypatch, logging=BOTH) as fake:
        fake.put_records(hour(), [record(1)])
        assert run(tmp_path, f"{WHERE}AWSLogs/").rows_new == 1
        assert fake.asked("logging") == []


def test_a_bucket_of_the_settings_that_is_no_address_stops_the_pass(bucket: FakeS3, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"\[sources.invocation_logs_s3\] buckets has the value 'model-logs'"):
        run(tmp_path, BUCKET)


def test_a_call_that_cloudwatch_and_s3_report_is_one_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, **keys}.items():
        monkeypatch.setenv(name, value)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    stamped = [
        invocation(f"r{number}", timestamp=(now - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        for number in range(4)
    ]
    fill_moto(now, stamped[:3], stamped[1:])
    chosen = Asked(only=("invocation_logs", KEY))
    outcome = read(tmp_path, asked=chosen, now=now, settings=settings(tmp_path, WHERE))
    assert [(each.scope.source, each.status, each.rows_new, each.duplicates) for each in outcome.runs] == [
        ("invocation_logs", "ok", 3, 0),
        (KEY, "ok", 1, 2),
    ]
    assert ids(tmp_path) == ["r0", "r1", "r2", "r3"]
    assert rows(tmp_path, "SELECT sum(uncached_input_tokens), sum(output_tokens) FROM raw.invocations") == [(4000, 400)]
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()
    server.stop()


def fill_moto(now: datetime, in_logs: list[Any], in_s3: list[Any]) -> None:
    """An account whose logs go both ways."""
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName="/inv")
    stream = {"logGroupName": "/inv", "logStreamName": "aws/bedrock/modelinvocations"}
    logs.create_log_stream(**stream)
    at = int((now - timedelta(minutes=10) - datetime(1970, 1, 1)).total_seconds() * 1000)
    logs.put_log_events(**stream, logEvents=[{"timestamp": at, "message": json.dumps(each)} for each in in_logs])
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=BUCKET)
    key = f"bedrock/AWSLogs/123456789012/BedrockModelInvocationLogs/{REGION}/{now:%Y/%m/%d/%H}/1.json.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress("\n".join(map(json.dumps, in_s3)).encode()))
    boto3.client("bedrock", region_name=REGION).put_model_invocation_logging_configuration(
        loggingConfig=BOTH["loggingConfig"]
    )


def test_other_accounts_and_regions_of_one_bucket_are_left_alone(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(account="999999999999"), [record(1)])
    bucket.put_records(hour(region="eu-west-1"), [record(2)])
    assert run(tmp_path).rows_read == 0


def test_a_window_is_listed_by_hours_and_whole_days_and_one_hour_more() -> None:
    window = Window(datetime(2026, 11, 18, 22, 30), datetime(2026, 11, 20, 1, 5))
    assert list(prefixes("x/", window)) == [
        "x/2026/11/18/22/",
        "x/2026/11/18/23/",
        "x/2026/11/19/",
        "x/2026/11/20/00/",
        "x/2026/11/20/01/",
        "x/2026/11/20/02/",
    ]


def test_a_backfill_reads_the_hours_that_were_asked_for(bucket: FakeS3, tmp_path: Path) -> None:
    bucket.put_records(hour(200), [record(1)])
    bucket.put_records(hour(100), [record(2)])
    since = NOW - timedelta(hours=201)
    run(tmp_path, asked=Asked(only=(KEY,), since=since, until=since + timedelta(hours=2)))
    assert ids(tmp_path) == ["r0001"]


def test_addresses_are_brought_into_one_form() -> None:
    assert (folder(""), folder("/"), folder("a/b/"), folder("a")) == ("", "", "a/b/", "a/")
    assert place("s3://logs-1") == "s3://logs-1/"
    assert place("s3://logs-1/AWSLogs/1/BedrockModelInvocationLogs/") == "s3://logs-1/"
    assert place("s3://logs-1/team/AWSLogs") == place("s3://logs-1/team") == "s3://logs-1/team/"
    assert place("s3://logs-1/MyAWSLogs") == "s3://logs-1/MyAWSLogs/"
    assert parse_configuration({"loggingConfig": {"s3Config": {"bucketName": "logs-1"}}}) == "s3://logs-1/"
    with pytest.raises(NotSetUp):
        parse_configuration({"loggingConfig": {"s3Config": {"keyPrefix": "x"}}})


def test_the_actions_are_read_only_and_stay_within_the_bucket() -> None:
    actions = {action: grant.resources for grant in SOURCE.actions for action in grant.actions}
    assert set(actions) == {
        "bedrock:GetModelInvocationLoggingConfiguration",
        "s3:ListBucket",
        "s3:GetObject",
        "kms:Decrypt",
    }
    assert actions["s3:GetObject"] == ("arn:aws:s3:::<MODEL_INVOCATION_BUCKET>/*",)
