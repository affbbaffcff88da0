"""Insights are kept beside the published file and read back as they were."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from metrics.insights.model import (
    Because,
    Bridge,
    Budget,
    Candidate,
    Factor,
    Gate,
    Insight,
    KnownBy,
    Onset,
    Reading,
    Report,
    Segment,
    Worth,
)
from metrics.insights.plain import FORMAT, from_plain, to_plain
from metrics.insights.store import load, save
from sql import beside

DAY = date(2026, 11, 2)
READING = Reading(DAY, date(2026, 11, 9), 0.8, 0.7, 0.9, 100, "ratio")
FACTOR = Factor("price", 2.0, 1.5, 2.5, 0.1, 1.0, 2.0, "usd", moved=True)
INSIGHT = Insight(
    id="abc",
    agent_id="refunds",
    kpi="cost_per_task",
    direction="up",
    kind="sudden",
    state="open",
    verdict="worse",
    segment=Segment("tool", "lookup"),
    before=READING,
    after=READING,
    onset=Onset(DAY, 0.9, DAY, DAY, DAY, DAY, 0.01, DAY),
    ended_on=None,
    e_value=1e6,
    grade="C",
    because=Because(
        "A release.",
        (Candidate("refunds@2", DAY, "agent", "1", "2", 0.9, "inventory"),),
        bridge=Bridge(READING, READING, (FACTOR,), 0.0),
    ),
    worth=Worth(None, None, None, 12.0, "no error_cost in the contract"),
    known_by=KnownBy(200, DAY),
    gates=(Gate("cases before", True, "100", "30"),),
)
REPORT = Report("20261128T1", DAY, Budget(100, 90, 1.0, 9000.0), (INSIGHT,), (Gate("history", False, "3", "29"),))


def test_a_report_survives_being_written_as_json() -> None:
    assert from_plain(json.loads(json.dumps(to_plain(REPORT)))) == REPORT


def test_a_report_of_another_format_is_not_read() -> None:
    assert from_plain(to_plain(REPORT) | {"format": FORMAT + 1}) is None
    assert from_plain(["no", "report"]) is None


def test_the_newest_report_is_read_back_and_older_ones_go(tmp_path: Path) -> None:
    for version in ("20260101T1", "20260201T1", "20260301T1"):
        beside.write(tmp_path, "insights", version, {"format": 0})
    save(tmp_path, REPORT)
    assert load(tmp_path) == REPORT
    assert len(beside.kept(tmp_path, "insights")) == beside.KEPT


def test_a_half_written_file_does_not_hide_the_one_before(tmp_path: Path) -> None:
    save(tmp_path, REPORT)
    (tmp_path / "insights" / "20270101T1.json").write_text('{"format"', encoding="utf-8")
    assert load(tmp_path) == REPORT


def test_nothing_is_kept_in_a_new_home(tmp_path: Path) -> None:
    assert load(tmp_path) is None
