"""Files of people's systems become outcome events through a mapping; what is wrong with them is said, row by row."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from collectors.errors import BadSetting
from collectors.outcome_mapping import read_tables
from collectors.settings import Settings, SourceSettings
from sql.warehouse import Run
from tests.collectors.fake_aws import FakeAws, serving
from tests.collectors.support import NOW, read, rows, use

TICKETS = {
    "name": "tickets",
    "id": "Ticket",
    "time": "Closed",
    "timezone": "Europe/Berlin",
    "agent_id": "=helper-0123456789",
    "task_key": "Case",
    "outcome": "Status",
    "outcomes": "Resolved=success, Closed - no action=failure, Open=skip",
    "score": "Stars",
    "score_range": "1..5",
    "label_source": "=human_end_user",
    "rater": "Agent mail",
    "segment.country": "Land",
}
HEADER = "Ticket,Closed,Case,Status,Stars,Agent mail,Land\n"
FIRST = "17,2026-11-02 10:00,case-1,Resolved,4,jo.smith@example.com,DE\n"
COLUMNS = """task_key, happened_at, agent_id, outcome, score, evaluation_name, label_source, segment, source"""
FIRST_ROW = (
    "case-1",
    datetime(2026, 11, 2, 9),
    "helper-0123456789",
    "success",
    0.75,
    "tickets",
    "human_end_user",
    '{"country":"DE"}',
    "outcome_files",
)


def settings(home: Path, *tables: dict[str, str]) -> Settings:
    """Settings that map these files."""
    return Settings(home=home, sources={"outcome_files": SourceSettings(options={"files": tables})})


def collect(home: Path, *tables: dict[str, str]) -> list[Run]:
    """One reading of the files."""
    return read(home, "outcome_files", settings=settings(home, *tables)).runs


def written(path: Path, text: str | bytes, at: datetime = NOW) -> Path:
    """A file with that content, last written at that time (naive UTC)."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    seconds = (at - datetime(1970, 1, 1)).total_seconds()
    os.utime(path, (seconds, seconds))
    return path


def rejects(home: Path) -> list[tuple[Any, ...]]:
    return rows(home, "SELECT reason, sample FROM ops.rejects ORDER BY ALL")


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    with serving(FakeAws()) as aws:
        use(aws, monkeypatch)
        yield
        assert [name for name, _ in aws.seen if name.startswith(("List", "Get")) and name != "GetCallerIdentity"] == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def as_parquet(path: Path) -> Path:
    row = {
        "Ticket": 17,
        "Closed": datetime(2026, 11, 2, 10),
        "Case": "case-1",
        "Status": "Resolved",
        "Stars": Decimal("4.0"),
        "Agent mail": None,
        "Land": "DE",
    }
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), path)
    return path


JSON_ROW = {
    "Ticket": 17,
    "Closed": "2026-11-02T10:00:00",
    "Case": "case-1",
    "Status": "resolved",
    "Stars": 4,
    "Land": "DE",
}


@pytest.mark.parametrize("form", ["csv", "semicolons.csv", "csv.gz", "utf16.csv", "jsonl", "parquet"])
def test_one_row_of_every_format_gives_the_same_exact_row(tmp_path: Path, home: Path, form: str) -> None:
    path, table = tmp_path / f"export.{form}", dict(TICKETS)
    if form == "parquet":
        as_parquet(path)
    elif form == "jsonl":
        written(path, json.dumps(JSON_ROW | {"Agent mail": None}) + "\n\n")
    else:
        text = (
            (HEADER + FIRST).replace(",", ";")
            if form.startswith("semi")
            else "\ufeff" * (form == "csv") + HEADER + FIRST
        )
        written(
            path,
            gzip.compress(text.encode()) if form.endswith("gz") else text.encode("utf-16" if "16" in form else "utf-8"),
        )
        table |= {"encoding": "utf-16"} if "16" in form else {}
    (run,) = collect(home, table | {"path": str(path)})
    assert (run.status, run.rows_new, run.rejects) == ("ok", 1, 0), rejects(home)
    assert rows(home, f"SELECT {COLUMNS} FROM raw.outcomes") == [FIRST_ROW]


def test_who_judged_is_kept_as_a_role_or_a_hash(tmp_path: Path, home: Path) -> None:
    second = FIRST.replace("17", "18").replace("jo.smith@example.com", "role:support-l2")
    third = FIRST.replace("17", "19").replace("jo.smith@example.com", "Jo Smith")
    path = written(tmp_path / "t.csv", HEADER + FIRST + second + third)
    collect(home, TICKETS | {"path": str(path)})
    found = [rater for (rater,) in rows(home, "SELECT annotator FROM raw.outcomes")]
    assert sorted(rater[:7] for rater in found) == ["person:", "person:", "role:su"]
    assert len(set(found)) == 3
    assert "Smith" not in str(rows(home, "SELECT to_json(o)::VARCHAR FROM raw.outcomes o"))


def test_when_a_person_took_a_hand_over_is_read_in_the_zone_of_the_file(tmp_path: Path, home: Path) -> None:
    mapping = {key: value for key, value in TICKETS.items() if not key.startswith(("score", "label", "rater"))}
    taken = mapping | {"path": str(tmp_path / "a.csv"), "picked_up": "Taken at"}
    written(
        tmp_path / "a.csv",
        "Ticket,Closed,Case,Status,Land,Taken at\n"
        "1,2026-11-02 10:00,case-1,Resolved,DE,2026-11-02 09:30\n"
        "2,2026-11-02 10:00,case-2,Resolved,DE,\n"
        "3,2026-11-02 10:00,case-3,Resolved,DE,soon\n",
    )
    collect(home, taken)
    assert rows(home, "SELECT task_key, picked_up_at FROM raw.outcomes ORDER BY 1") == [
        ("case-1", datetime(2026, 11, 2, 8, 30)), ("case-2", None),
    ]  # fmt: skip
    assert [reason for reason, _ in rejects(home)] == ["bad_pickup_time"]


def test_a_second_reading_reads_nothing_and_a_restated_row_replaces_its_former_version(
    tmp_path: Path, home: Path
) -> None:
    table = TICKETS | {"path": str(written(tmp_path / "t.csv", HEADER + FIRST, datetime(2026, 11, 3)))}
    assert collect(home, table)[0].rows_new == 1
    assert collect(home, table)[0].rows_read == 0
    written(tmp_path / "t.csv", HEADER + FIRST.replace("Resolved", "Closed - no action"), datetime(2026, 11, 4))
    assert collect(home, table)[0].rows_new == 1
    latest = "SELECT outcome FROM raw.outcomes QUALIFY observed_at = max(observed_at) OVER (PARTITION BY record_key)"
    assert rows(home, latest) == [("failed",)]
    assert rows(home, "SELECT count(DISTINCT record_key), count(*) FROM raw.outcomes") == [(1, 2)]


def test_another_mapping_reads_the_file_again(tmp_path: Path, home: Path) -> None:
    table = TICKETS | {"path": str(written(tmp_path / "t.csv", HEADER + FIRST.replace("Resolved", "Done")))}
    assert collect(home, table)[0].rejects == 1
    (run,) = collect(home, table | {"outcomes": "Done=success"})
    assert (run.rows_new, run.rejects) == (1, 0)


def test_bad_rows_are_rejects_with_file_and_line_and_the_others_land(tmp_path: Path, home: Path) -> None:
    bad = [
        FIRST.replace("Resolved", "Gone"),
        FIRST.replace("2026-11-02 10:00", "yesterday"),
        FIRST.replace(",4,", ",9,"),
        FIRST.replace("case-1", ""),
        "17,only\n",
        FIRST.replace("17", "18").replace("Resolved", "Open"),
    ]
    path = written(tmp_path / "t.csv", HEADER + "".join(bad) + FIRST)
    (run,) = collect(home, TICKETS | {"path": str(path)})
    assert (run.status, run.rows_new, run.rejects, run.skipped) == ("ok", 1, 5, 1)
    found = rejects(home)
    reasons = ["bad_score", "missing_subject", "missing_time", "unknown_outcome", "wrong_width"]
    assert [reason for reason, _ in found] == reasons
    assert "t.csv line 2: column 'Status' (outcome) is the word 'Gone'" in found[3][1]
    assert "jo.smith" not in str(found)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.csv", b"\n", "empty_file"),
        ("a.csv", HEADER.replace("Status", "State").encode() + FIRST.encode(), "missing_column"),
        ("a.csv", HEADER.replace("Land", "Case").encode(), "ambiguous_column"),
        ("a.csv", HEADER.encode() + FIRST.replace("DE", "Köln").encode("latin-1"), "unknown_encoding"),
        ("a.csv.gz", gzip.compress((HEADER + FIRST * 50).encode(), mtime=0)[:60], "truncated_file"),
        ("a.parquet", b"PAR1 and no more", "broken_parquet"),
        ("a.jsonl", b'{"Ticket": 1}\n', "missing_column"),
        ("a.jsonl", b"[1]\n", "not_an_object"),
        ("a.jsonl", b"{cut\n", "not_json"),
        ("a.xls", b"x", "unknown_format"),
    ],
)
def test_a_bad_file_is_a_clear_reject_and_never_stops_the_others(
    tmp_path: Path, home: Path, name: str, content: bytes, reason: str
) -> None:
    written(tmp_path / name, content)
    written(tmp_path / "good.csv", HEADER + FIRST)
    (run,) = collect(home, TICKETS | {"path": str(tmp_path / "*.*")})
    assert (run.status, run.rows_new) == ("ok", 1)
    assert reason in {found for found, _ in rejects(home)}
    assert all(name in sample for _, sample in rejects(home))


def test_a_truncated_parquet_file_is_a_reject(tmp_path: Path, home: Path) -> None:
    path = as_parquet(tmp_path / "t.parquet")
    written(path, path.read_bytes()[:-20])
    (run,) = collect(home, TICKETS | {"path": str(path)})
    assert (run.status, [reason for reason, _ in rejects(home)]) == ("ok", ["broken_parquet"])


def test_without_a_mapping_the_source_is_not_set_up(home: Path) -> None:
    (run,) = collect(home)
    assert (run.status, run.rows_read) == ("not_set_up", 0)
    assert "[[sources.outcome_files.files]]" in str(run.remedy)


def test_a_path_without_files_is_not_set_up_and_a_header_alone_is_read(tmp_path: Path, home: Path) -> None:
    absent = TICKETS | {"name": "absent", "path": str(tmp_path / "none" / "*.csv")}
    empty = TICKETS | {"name": "empty", "path": str(written(tmp_path / "t.csv", HEADER))}
    runs = {run.scope.name: run for run in collect(home, absent, empty)}
    assert (runs["absent"].status, runs["empty"].status, runs["empty"].rows_read) == ("not_set_up", "ok", 0)
    assert rows(home, "SELECT scope FROM ops.cursors") == [("empty",)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "my tickets"}, "name"),
        ({"path": ""}, "path"),
        ({"time": ""}, "time"),
        ({"task_key": ""}, "trace"),
        ({"agent_id": ""}, "agent"),
        ({"outcome": "", "score": "", "rater": ""}, "outcome"),
        ({"label_source": ""}, "label_source"),
        ({"outcomes": "Resolved=great"}, "outcomes"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"encoding": "utf-99"}, "encoding"),
        ({"format": "xml"}, "format"),
        ({"delimiter": "||"}, "delimiter"),
        ({"score_range": "5..1"}, "score_range"),
    ],
)
def test_a_wrong_mapping_names_the_table_the_key_and_what_is_allowed(change: dict[str, str], said: str) -> None:
    given = {key: value for key, value in (TICKETS | {"path": "x.csv"} | change).items() if value}
    with pytest.raises(BadSetting, match=rf"{said}.*") as found:
        read_tables([given])
    assert f"has {'no ' if not change.get(said) else ''}{said}" in found.value.message
    assert found.value.remedy.startswith("Allowed: ")


def test_two_mappings_of_one_name_are_refused() -> None:
    with pytest.raises(BadSetting, match="name"):
        read_tables([TICKETS | {"path": "a.csv"}, TICKETS | {"path": "b.csv"}])
