"""Files of outcomes in S3: found by prefix or pattern, read once, and a refusal is a failure with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collectors.fake_s3 import BUCKET, S3Fault, serving_s3
from tests.collectors.support import rows
from tests.collectors.test_outcome_files import COLUMNS, FIRST, FIRST_ROW, HEADER, TICKETS, as_parquet, collect

CSV = (HEADER + FIRST).encode()


def test_objects_are_read_by_pattern_or_prefix_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    by_pattern = TICKETS | {"path": f"s3://{BUCKET}/in/*.csv"}
    by_folder = TICKETS | {"name": "folder", "path": f"s3://{BUCKET}/in/"}
    with serving_s3(monkeypatch) as s3:
        s3.put("in/2026/a.csv", CSV)
        s3.put("in/b.parquet", as_parquet(tmp_path / "b.parquet").read_bytes())
        s3.put("in/readme.md", b"x")
        runs = {run.scope.name: run for run in collect(home, by_pattern, by_folder)}
        again = collect(home, by_pattern, by_folder)
    assert [run.error_message for run in runs.values()] == [None, None]
    assert {name: run.rows_new for name, run in runs.items()} == {"tickets": 1, "folder": 2}
    assert rows(home, f"SELECT {COLUMNS} FROM raw.outcomes WHERE record_key LIKE 'tickets:%'") == [FIRST_ROW]
    assert [(run.status, run.rows_read) for run in again] == [("ok", 0), ("ok", 0)]


def test_a_prefix_without_objects_is_not_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving_s3(monkeypatch):
        (run,) = collect(tmp_path / "home", TICKETS | {"path": f"s3://{BUCKET}/none/"})
    assert run.status == "not_set_up"
    assert f"s3://{BUCKET}/none/" in str(run.error_message)


@pytest.mark.parametrize(("listing", "action"), [(True, "s3:ListBucket"), (False, "s3:GetObject")])
def test_a_refusal_fails_with_the_action_and_leaves_the_other_mappings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listing: bool, action: str
) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    remote = TICKETS | {"name": "remote", "path": f"s3://{BUCKET}/in/"}
    with serving_s3(monkeypatch, faults=[S3Fault(code="AccessDenied", listing=listing)]) as s3:
        s3.put("in/a.csv", CSV)
        runs = {
            r.scope.name: r for r in collect(tmp_path / "home", remote, TICKETS | {"path": str(tmp_path / "t.csv")})
        }
    assert (runs["remote"].status, runs["tickets"].status) == ("failed", "ok")
    assert action in str(runs["remote"].remedy)
