"""Findings made by hand over the demo account, whatever day it is: what the pages show and people decide about."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from metrics.insights import store
from metrics.insights.model import Because, Budget, Insight, KnownBy, Onset, Reading, Report, Segment, Worth
from metrics.run import default_period
from sql.published import newest_version, open_published

OUTREACH, INVOICES = "outreach_writer-K1l2M3n4O5", "invoice_processor-A1b2C3d4E5"
POLICY, REFUNDS = "policy_answers-P6q7R8s9T0", "refund_desk-F6g7H8i9J0"


def nobody_acted(home: Path) -> Path:
    """The demo home as it would be if nobody had acted on a finding yet."""
    newest = sorted((home / "published").glob("kpis-*.duckdb"))[-1]
    with duckdb.connect(str(newest)) as con:
        for table in ("actions", "action_steps", "insight_notes"):
            con.execute(f"DELETE FROM {table}")
    return home


def planted(home: Path) -> dict[str, Insight]:
    """Keep a report of five open findings for the newest published file of a home; the findings by name."""
    with closing(open_published(home)) as published:
        end = default_period(published)[1]
    found = {
        "success": _finding("a1", INVOICES, "success_rate", "down", end, (0.9, 0.7)),
        "part": _finding(
            "b2", INVOICES, "accuracy", "down", end, (0.9, 0.5), Segment("task_type", "invoice_without_po")
        ),
        "cost": _finding("c3", OUTREACH, "cost_per_task", "up", end, (0.04, 0.07), unit="usd"),
        "slow": _finding("d4", POLICY, "model_latency", "up", end, (4000.0, 7000.0), unit="ms"),
        "leak": _finding("e5", REFUNDS, "leakage", "up", end, (0.0, 0.9)),
    }
    version = newest_version(home)
    assert version is not None
    budget = Budget(300, 90, 1.0, 27_000.0)
    store.save(home, Report(version, end - timedelta(days=1), budget, tuple(found.values())))
    return found


def _finding(
    name: str,
    agent: str,
    kpi: str,
    direction: str,
    end: date,
    values: tuple[float, float],
    segment: Segment | None = None,
    unit: str = "ratio",
) -> Insight:
    """Something that got worse a week ago and lasts."""
    start = end - timedelta(days=10)
    before = Reading(start - timedelta(days=28), start, values[0], values[0] * 0.9, values[0] * 1.1, 400, unit)
    after = Reading(start, end, values[1], values[1] * 0.9, values[1] * 1.1, 120, unit)
    onset = Onset(start, 0.9, start, start, start, start, 0.01, start + timedelta(days=2))
    made = Insight(
        id=name, agent_id=agent, kpi=kpi, direction="up" if direction == "up" else "down", kind="sudden", state="open",
        verdict="worse", segment=segment or Segment(), before=before, after=after, onset=onset, ended_on=None,
        e_value=1e6, grade="C", because=Because("Cannot tell."), worth=Worth(None, None, None, 40.0, "not known"),
        known_by=KnownBy(40, None), gates=(),
    )  # fmt: skip
    return replace(made, signature=f"{agent}|{kpi}|{made.segment.value}|{direction}")
