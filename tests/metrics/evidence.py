"""A published file filled by hand: two hundred good tasks of one agent, to be spoilt as a test needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from metrics.catalogue import catalogue
from metrics.model import Access
from metrics.readiness.model import Finding, Scorecard, Window
from metrics.readiness.score import scorecards
from sql import fetched
from sql.models import folder
from tests.metrics.support import store_parts
from tests.sql.support import warehouse

AGENT = "helper"
WINDOW = Window(date(2026, 10, 26), date(2026, 11, 23))
START = datetime(2026, 10, 26, 9)
TODAY = date(2026, 11, 23)
KPIS = ("completion_rate", "leakage", "accuracy", "judge_agreement", "tool_first_try")
BY_TASK = f"CREATE OR REPLACE TEMP VIEW tools_by_task AS {folder('by_task')['tools_by_task'].sql}"
Row = dict[str, Any]


def in_memory(path: Path) -> duckdb.DuckDBPyConnection:
    """The tables of a file, to be changed without changing it."""
    con = duckdb.connect()
    con.execute(f"ATTACH '{path}' AS given (READ_ONLY)")
    for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'given'").fetchall():
        con.execute(f"CREATE TABLE main.{table} AS FROM given.{table}")
    con.execute("DETACH given")
    return con


class Evidence:
    """The tables of a published file, empty at first; `rows` reads them as the metrics room does."""

    def __init__(self, folder: Path) -> None:
        with warehouse(folder) as wh:
            wh.build(START)
            path = wh.publish(START)
        self.over(in_memory(path))

    def over(self, con: duckdb.DuckDBPyConnection) -> None:
        """Use these tables."""
        self.con = con
        self.waiting: dict[tuple[str, tuple[str, ...]], list[Row]] = {}

    def rows(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[Row]:
        """The result of a SELECT with $name parameters."""
        return fetched.rows(self.con.execute(query, dict(params or {})))

    def rows_with_arrays(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[Row]:
        """The same with every list of numbers as a numpy array."""
        return fetched.rows_with_arrays(self.con.execute(query, dict(params or {})))

    def add(self, table: str, *rows: Row) -> None:
        """Append rows; what a row leaves out is NULL. They are written together, which is faster."""
        for row in rows:
            self.waiting.setdefault((table, tuple(row)), []).append(row)

    def write(self) -> None:
        """Write what was added."""
        for (table, names), rows in self.waiting.items():
            columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
            values = ", ".join(f"({marks})" for _ in rows)
            given = [value for row in rows for value in row.values()]
            self.con.execute(f"INSERT INTO {table} ({columns}) VALUES {values}", given)
        self.waiting.clear()

    def run(self, *statements: str) -> None:
        """Change rows."""
        self.write()
        for statement in statements:
            self.con.execute(statement)

    def cards(self, entered: Iterable[Row] = (), today: date = TODAY) -> list[Scorecard]:
        """The scorecards, with the parts of the KPIs as the build would make them."""
        self.run("DELETE FROM kpi_daily", BY_TASK)
        for kpi in KPIS:
            store_parts(self.con, catalogue()[kpi])
        return scorecards(self, Access.everything(), None, WINDOW, entered, today)

    def card(self, **more: Any) -> Scorecard:
        """The scorecard of the one agent."""
        (card,) = self.cards(**more)
        return card

    def finding(self, criterion: str, **more: Any) -> Finding:
        """One criterion of the one agent."""
        return next(each for each in self.card(**more).findings if each.criterion.id == criterion)


def good(folder: Path, tasks: int = 200) -> Evidence:
    """An agent that shows all it should, over four weeks."""
    found = Evidence(folder)
    found.add("agents", {"agent_id": "unattributed"}, _agent())
    found.add("baselines", {"agent_id": AGENT, "minutes": 9.0, "source": "measured", "valid_from": date(2026, 9, 1)})
    found.add(
        "targets",
        {
            "agent_id": AGENT,
            "kpi": "tool_latency",
            "target": 900.0,
            "limit_kind": "max",
            "valid_from": date(2026, 1, 1),
        },
    )
    for number in range(tasks):
        _task(found, number, tasks)
    for number in range(28):
        _canary(found, number)
    for number in range(10):
        found.add(
            "reconciliation",
            {"day": WINDOW.start + timedelta(days=number), "account_id": "1", "billed_usd": 10, "gap_usd": 0.2,
             "provisional": False, "state": "compared"},
        )  # fmt: skip
    at = datetime(2026, 10, 1, 9)
    found.add("changes", {"change_id": "c", "agent_id": AGENT, "changed_at": at, "kind": "agent"})
    loaded_at = datetime(2026, 11, 20, 3)
    found.add("data_loads", {"load_id": "l", "agent_id": AGENT, "resource": "kb-1", "loaded_at": loaded_at})
    action = {"action_id": "a", "agent_id": AGENT, "taken_at": at, "verdict_at": START, "verdict": "improved"}
    found.add("actions", action | {"change_id": "c"})
    found.write()
    return found


def _agent() -> Row:
    return {
        "agent_id": AGENT, "agent_name": "Helper", "account_id": "1", "owner": "AP lead", 
        "trigger": "a claim is opened",
        "done_when": "the customer has an answer", "confidence_threshold": 0.6, "data_max_age_days": 7.0,
        "declared": True, "discovered": True,
        "first_seen_at": datetime(2026, 6, 1),
    }  # fmt: skip


def _task(found: Evidence, number: int, tasks: int) -> None:
    name, at = f"t{number}", START + timedelta(hours=number * 27 * 24 // tasks)
    escalated, wrong = number % 4 == 0, number % 10 == 1
    kind = f"rare{number % 25}" if number % 25 in (1, 2, 3, 5, 6, 7) else "usual"
    common = {"agent_id": AGENT, "agent_version": "1", "task_type": kind, "environment": "prod", "day": at.date(),
              "task_id": name}  # fmt: skip
    status = "escalated" if escalated else "failed" if wrong else "success"
    segment = {"risk_class": "high"} if escalated else {"region": "north"}
    found.add(
        "tasks",
        common
        | {"business_key": f"k{number}", "trace_id": name, "started_at": at, "ended_at": at + timedelta(minutes=1),
           "mature": True, "status": status, "status_source": "verdict", "verdict": None if escalated else status,
           "escalated": escalated, "human_touch": escalated, "confidence": 0.4 if escalated else 0.9,
           "end_user_hash": "u", "segment": segment, "truth_score": 1.0, "truth_weight": 1.0, "truth_source": "human"},
    )  # fmt: skip
    call = {"call_id": name, "started_at": at, "price_state": "priced", "guardrail_action": "none"}
    found.add("model_calls", common | call)
    for side in ("input", "output"):
        found.add("guardrail_checks", {"call_id": name, "source": side, "policy": "topic", "action": "none"})
    tool = {"span_id": name, "trace_id": name, "tool_name": "lookup", "tool_version": "1", "started_at": at}
    found.add("tool_calls", common | tool | {"duration_ms": 50.0, "status": "ok", "is_retry": False})
    look = {"span_id": name, "trace_id": name, "kind": "knowledge_base", "resource_id": "kb-1", "is_empty": False,
            "started_at": at}  # fmt: skip
    found.add("data_calls", common | look)
    _labels(found, name, at, escalated=escalated, wrong=wrong, task=common)


def _labels(found: Evidence, name: str, at: datetime, *, escalated: bool, wrong: bool, task: Row) -> None:
    later = at + timedelta(hours=5)
    human = {"task_id": name, "kind": "human", "labelled_at": later, "label_source": "human_expert"}
    if escalated:
        found.add("escalations", task | {"escalation_id": name, "reason": "low_confidence", "escalated_at": at})
        taken = {"handed_over_at": at, "picked_up_at": at + timedelta(hours=2), "followed": True, "source": "event"}
        found.add("handovers", task | {"handover_id": name} | taken)
        found.add("labels", human | {"label_id": f"{name}e", "rubric": "escalation.needed", "score": 1.0})
        return
    score = 0.0 if wrong else 1.0
    found.add("labels", human | {"label_id": name, "rubric": "correct", "score": score, "inclusion_probability": 0.5})
    found.add(
        "labels", human | {"label_id": f"{name}j", "kind": "judge", "rubric": "correct", "score": score, "good": score}
    )


def _canary(found: Evidence, number: int) -> None:
    at, name = START + timedelta(days=number), f"canary{number}"
    task = {
        "task_id": name,
        "agent_id": AGENT,
        "task_type": "guardrail_canary",
        "environment": "synthetic",
        "day": at.date(),
    }
    found.add("tasks", task | {"started_at": at, "ended_at": at, "mature": True, "trace_id": name})
    found.add("model_calls", task | {"call_id": name, "started_at": at, "guardrail_action": "blocked"})
