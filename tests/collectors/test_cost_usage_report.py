"""Data Exports from a folder and from S3: months that changed are read whole, and nothing else is."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from collectors.aws import AwsAccount, AwsSettings
from collectors.run import Outcome
from collectors.settings import Settings, SourceSettings
from collectors.sources.cost_usage_report import latest, local_files, months_of, scopes
from sql.rows import S3Object
from sql.warehouse import Run
from tests.collectors.fake_aws import Fault
from tests.collectors.fake_billing import EXPORT_ARN, export
from tests.collectors.fake_s3 import BUCKET, S3Fault, serving_s3
from tests.collectors.support import NOW, REGION, fake, read, rows
from tests.sql.billing import line, write_month

MONTHS = "SELECT billing_period, sum(usd)::DOUBLE FROM raw.bill_lines GROUP BY 1 ORDER BY 1"
OCTOBER = line(7.0, line_item_usage_start_date="2026-10-05 00:00:00")


def month(folder: Path, period: str, *lines: Any, name: str = "cur-00001.snappy.parquet") -> Path:
    """Write a file of a month where AWS would."""
    return write_month(folder / "data" / f"BILLING_PERIOD={period}" / name, *lines)


def read_exports(home: Path, *exports: str, after: float = 0, **options: Any) -> list[Run]:
    """Read these exports, so many hours later."""
    given = {"exports": exports, **options}
    sources = {"cost_usage_report": SourceSettings(options={name: value for name, value in given.items() if value})}
    settings = Settings(home=home, sources=sources)
    outcome: Outcome = read(home, "cost_usage_report", now=NOW + timedelta(hours=after), settings=settings)
    return outcome.runs


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no region, and nothing that answers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("nobody")
def test_a_folder_needs_no_account(tmp_path: Path) -> None:
    month(tmp_path / "cur", "2026-10", OCTOBER)
    month(tmp_path / "cur", "2026-11", line(1.5), line(0.25))
    (done,) = read_exports(tmp_path, str(tmp_path / "cur"))
    assert (done.status, done.rows_new, done.api_calls, done.scope.name) == ("ok", 2, 0, str(tmp_path / "cur"))
    assert rows(tmp_path, MONTHS) == [("2026-10", 7.0), ("2026-11", 1.75)]
    assert rows(tmp_path, "SELECT DISTINCT export FROM raw.bill_lines") == [(str(tmp_path / "cur" / "data"),)]


@pytest.mark.usefixtures("nobody")
def test_only_a_month_whose_files_changed_is_read_again_and_then_whole(tmp_path: Path) -> None:
    folder = tmp_path / "cur"
    month(folder, "2026-10", OCTOBER)
    month(folder, "2026-11", line(1.0))
    extra = month(folder, "2026-11", line(2.0), name="cur-00002.snappy.parquet")
    read_exports(tmp_path, str(folder))
    (same,) = read_exports(tmp_path, str(folder), after=1)
    extra.unlink()
    (removed,) = read_exports(tmp_path, str(folder), after=2)
    assert (same.status, same.rows_read) == ("ok", 0)
    assert (removed.status, removed.rows_new) == ("ok", 1)
    assert rows(tmp_path, MONTHS) == [("2026-10", 7.0), ("2026-11", 1.0)]
    month(folder, "2026-11", line(0.5, line_item_usage_type="USE1-NovaPro-input-tokens"))
    read_exports(tmp_path, str(folder), after=3)
    assert rows(tmp_path, "SELECT usage_type, usd::DOUBLE FROM raw.bill_lines WHERE billing_period = '2026-11'") == [
        ("USE1-NovaPro-input-tokens", 0.5)
    ]


@pytest.mark.usefixtures("nobody")
def test_a_pattern_names_files_too(tmp_path: Path) -> None:
    month(tmp_path / "a", "2026-10", OCTOBER)
    month(tmp_path / "b", "2026-11", line(1.0))
    read_exports(tmp_path, f"{tmp_path}/*/data/BILLING_PERIOD=2026-1*/*.parquet")
    assert rows(tmp_path, MONTHS) == [("2026-10", 7.0), ("2026-11", 1.0)]


@pytest.mark.usefixtures("nobody")
def test_one_export_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    month(tmp_path / "cur", "2026-11", line(1.0))
    missing, good = read_exports(tmp_path, str(tmp_path / "nowhere"), str(tmp_path / "cur"))
    assert (missing.status, missing.error_message) == ("failed", f"There is no folder {tmp_path / 'nowhere'}.")
    assert (good.status, good.rows_new) == ("ok", 1)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PAR1 half", "is no whole Parquet file."), (b"PAR1 nonsense PAR1", "could not be read")],
)
def test_a_file_that_is_not_whole_leaves_the_month_as_it_was(tmp_path: Path, content: bytes, message: str) -> None:
    path = month(tmp_path / "cur", "2026-11", line(1.0))
    read_exports(tmp_path, str(tmp_path / "cur"))
    path.write_bytes(content)
    (done,) = read_exports(tmp_path, str(tmp_path / "cur"), after=1)
    assert done.status == "failed"
    assert message in str(done.error_message)
    assert rows(tmp_path, MONTHS) == [("2026-11", 1.0)]
    month(tmp_path / "cur", "2026-11", line(3.0))
    (mended,) = read_exports(tmp_path, str(tmp_path / "cur"), after=2)
    assert (mended.status, rows(tmp_path, MONTHS)) == ("ok", [("2026-11", 3.0)])


@pytest.mark.usefixtures("nobody")
def test_a_folder_without_files_is_an_empty_export(tmp_path: Path) -> None:
    (tmp_path / "cur").mkdir()
    (done,) = read_exports(tmp_path, str(tmp_path / "cur"))
    assert (done.status, done.rows_new) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at::VARCHAR FROM ops.cursors") == [("2026-11-20 11:00:00",)]


def test_without_an_export_it_is_not_set_up_and_nothing_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        (done,) = read(tmp_path, "cost_usage_report").runs
        assert {name for name, _ in aws.seen} <= {"GetCallerIdentity"}
    assert done.status == "not_set_up"
    assert "Create one (CUR 2.0, Parquet)" in str(done.remedy)


def test_of_several_deliveries_of_a_month_the_latest_counts() -> None:
    at = datetime.fromisoformat("2026-11-05T00:00")

    def stored(key: str, hours: int) -> S3Object:
        return S3Object("b", f"p/data/BILLING_PERIOD=2026-11/{key}", key, 1, at + timedelta(hours=hours))

    files = [stored("20261104T000000Z-1/a.parquet", 0), stored("20261105T000000Z-2/a.parquet", 5),
             stored("20261105T000000Z-2/b.parquet", 5), stored("notes.txt", 9)]  # fmt: skip
    (found,) = months_of(files)
    assert (found.period, found.export, [each.etag for each in found.files]) == (
        *("2026-11", "s3://b/p/data"),
        ["20261105T000000Z-2/a.parquet", "20261105T000000Z-2/b.parquet"],
    )
    assert [each.key for each in latest({"a/": [stored("1", 5)], "b/": [stored("2", 5)]})] == [stored("2", 5).key]


def test_a_file_counts_as_changed_by_its_time_and_size(tmp_path: Path) -> None:
    path = month(tmp_path, "2026-11", line(1.0))
    before = months_of(local_files(str(tmp_path)))[0].as_object
    assert months_of(local_files(str(tmp_path)))[0].as_object == before
    os.utime(path, ns=(1, 1))
    assert months_of(local_files(str(tmp_path)))[0].as_object.etag != before.etag


def test_an_export_in_s3_is_read_found_and_read_again_when_it_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, **keys}.items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="agent-bills")

    def deliver(period: str, *lines: Any) -> None:
        path = month(tmp_path / "made", period, *lines)
        key = f"bills/agents/data/BILLING_PERIOD={period}/agents-00001.snappy.parquet"
        s3.put_object(Bucket="agent-bills", Key=key, Body=path.read_bytes())
        s3.put_object(Bucket="agent-bills", Key=f"bills/agents/metadata/{period}/manifest.json", Body=b"{}")

    deliver("2026-10", OCTOBER)
    deliver("2026-11", line(1.0), line(2.0, line_item_usage_type="USE1-NovaPro-input-tokens"))
    where = "s3://agent-bills/bills/agents/"
    (first,) = read_exports(tmp_path, where)
    (same,) = read_exports(tmp_path, where, after=1)
    deliver("2026-11", line(1.5))
    (again,) = read_exports(tmp_path, where, after=2)
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()
    server.stop()
    assert [(each.status, each.rows_new) for each in (first, same, again)] == [("ok", 3), ("ok", 0), ("ok", 1)]
    assert rows(tmp_path, MONTHS) == [("2026-10", 7.0), ("2026-11", 1.5)]
    assert rows(tmp_path, "SELECT DISTINCT export FROM raw.bill_lines") == [("s3://agent-bills/bills/agents/data",)]


def test_a_denied_bucket_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_s3(monkeypatch, faults=[S3Fault(code="AccessDenied", listing=True)]):
        (done,) = read_exports(tmp_path, f"s3://{BUCKET}/bills")
    assert (done.status, done.error_message) == ("failed", f"AWS denied s3:ListBucket on s3://{BUCKET}/bills.")


def test_an_export_without_a_delivery_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_s3(monkeypatch):
        (done,) = read_exports(tmp_path, f"s3://{BUCKET}/bills/")
    assert (done.status, done.rows_new) == ("ok", 0)


def test_a_file_that_breaks_off_leaves_every_month_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "bills/data/BILLING_PERIOD=2026-11/a.parquet"
    with serving_s3(monkeypatch) as s3:
        s3.put(key, month(tmp_path / "made", "2026-11", line(1.0)).read_bytes())
        read_exports(tmp_path, f"s3://{BUCKET}/bills/")
        s3.put(key, month(tmp_path / "made", "2026-11", line(2.0)).read_bytes())
        s3.faults = [S3Fault(ends="a.parquet", at=100, times=3)]
        (broken,) = read_exports(tmp_path, f"s3://{BUCKET}/bills/", after=1)
        assert (broken.status, broken.retry_helps, rows(tmp_path, MONTHS)) == ("failed", True, [("2026-11", 1.0)])
        (done,) = read_exports(tmp_path, f"s3://{BUCKET}/bills/", after=1)
    assert (done.status, rows(tmp_path, MONTHS)) == ("ok", [("2026-11", 2.0)])


def test_the_cost_exports_of_the_account_are_found_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = ("SELECT a FROM COST_AND_USAGE_REPORT", "SELECT a FROM FOCUS_1_0_AWS")
    arns = {f"{EXPORT_ARN}{n}": query for n, query in enumerate(queries)}
    found = [{"ExportArn": arn, "ExportName": "agents", "ExportStatus": {}} for arn in arns]
    with fake(monkeypatch, page_events=1) as aws:
        aws.answers["ListExports"] = lambda asked: aws.paged(found, asked, "Exports", "NextToken")
        aws.answers["GetExport"] = lambda asked: (200, export("agent-bills", arns[asked["ExportArn"]]))
        scopes_found = scopes(AwsAccount(AwsSettings()), SourceSettings(options={"discover": True}))
    assert [each.name for each in scopes_found] == ["s3://agent-bills/bills/agents/data/"]


def test_looking_for_exports_may_be_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.faults.append(Fault("ListExports", "AccessDeniedException", 400))
        (done,) = read_exports(tmp_path, discover=True)
    assert (done.status, done.error_message) == ("failed", "AWS denied bcm-data-exports:ListExports on *.")
