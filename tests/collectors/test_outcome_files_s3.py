"""Files of outcomes in S3: found by prefix or pattern, read once, and a refusal is a failure with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.collectors.support import REGION, fake, rows
from tests.collectors.test_outcome_files import COLUMNS, FIRST, FIRST_ROW, HEADER, TICKETS, as_parquet, collect

BUCKET = "people-exports"
DENIED = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of moto that every client of this test talks to."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    values = {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "testing", "SECRET_ACCESS_KEY": "testing"}
    for name, value in {**values, "REGION": REGION, "DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    server.stop()


def test_objects_are_read_by_pattern_once(bucket: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bucket.put_object(Bucket=BUCKET, Key="in/2026/a.csv", Body=(HEADER + FIRST).encode())
    bucket.put_object(Bucket=BUCKET, Key="in/b.parquet", Body=as_parquet(tmp_path / "b.parquet").read_bytes())
    bucket.put_object(Bucket=BUCKET, Key="in/readme.md", Body=b"x")
    by_pattern = TICKETS | {"path": f"s3://{BUCKET}/in/*.csv"}
    by_folder = TICKETS | {"name": "folder", "path": f"s3://{BUCKET}/in/"}
    runs = {run.scope.name: run for run in collect(home, by_pattern, by_folder)}
    assert [run.error_message for run in runs.values()] == [None, None]
    assert {name: (run.status, run.rows_new) for name, run in runs.items()} == {
        "tickets": ("ok", 1),
        "folder": ("ok", 2),
    }
    assert rows(home, f"SELECT {COLUMNS} FROM raw.outcomes WHERE record_key LIKE 'tickets:%'") == [FIRST_ROW]
    again = collect(home, by_pattern, by_folder)
    assert [(run.status, run.rows_read) for run in again] == [("ok", 0), ("ok", 0)]


def test_a_prefix_without_objects_is_not_set_up(bucket: Any, tmp_path: Path) -> None:
    (run,) = collect(tmp_path / "home", TICKETS | {"path": f"s3://{BUCKET}/none/"})
    assert (run.status, run.api_calls) == ("not_set_up", 1)


def test_a_refusal_fails_with_the_action_and_leaves_the_other_mappings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(HEADER + FIRST)
    remote = TICKETS | {"name": "remote", "path": f"s3://{BUCKET}/in/"}
    refused = (403, DENIED, {"Content-Type": "application/xml"})
    with fake(monkeypatch, raw_answers={"ListObjectsV2": lambda asked: refused}):
        runs = {
            run.scope.name: run
            for run in collect(tmp_path / "home", remote, TICKETS | {"path": str(tmp_path / "t.csv")})
        }
    assert (runs["remote"].status, runs["tickets"].status) == ("failed", "ok")
    assert "s3:ListBucket" in str(runs["remote"].remedy)
