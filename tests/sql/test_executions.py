"""Executions and waits for people: records in, exact rows out, whatever the order; and the tasks that they cancel."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from sql.config import Contract
from tests.sql.host_records import EXECUTION, EXPRESS, MACHINE, TRACE, after, declared, hosted, put, spool
from tests.sql.support import ACCOUNT, NOW, REGION, START, land, one, outcome, rows, warehouse


def listed(status: str, ended: float | None = None, redrives: int = 0, **more: Any) -> dict[str, Any]:
    """An execution as the collector lists it."""
    times = {"started_at": START, "ended_at": None if ended is None else after(ended)}
    return {"execution_arn": EXECUTION, "status": status, "redrives": redrives, **times, **more}


def test_an_execution_becomes_one_row_with_agent_version_and_cost(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE), zone="America/New_York")) as wh:
        versioned = {"version_arn": f"{MACHINE}:3", "alias_arn": f"{MACHINE}:live", "transitions": 7}
        put(wh, "executions", listed("SUCCEEDED", 2.5, **versioned))
        wh.build(NOW)
        assert one(wh, "SELECT * FROM mart.executions") == (
            EXECUTION, MACHINE, "refund", "3", ACCOUNT, REGION, date(2026, 11, 2), START, after(2.5), 150_000.0,
            "succeeded", 0, None, 7, Decimal("0.000175"), "estimated",
        )  # fmt: skip


def test_the_last_word_on_an_execution_does_not_depend_on_the_order(tmp_path: Path) -> None:
    states = [listed("RUNNING"), listed("FAILED", 5), listed("RUNNING", None, 1), listed("ABORTED", 9, 1)]
    with warehouse(tmp_path) as wh:
        for step in zip(*permutations(states), strict=True):
            named = [state | {"execution_arn": f"{EXECUTION}-{number}"} for number, state in enumerate(step)]
            put(wh, "executions", *named)
        wh.build(NOW)
        assert one(wh, "SELECT DISTINCT status, redrives, ended_at, duration_ms, price_state FROM mart.executions") == (
            "cancelled", 1, after(9), 540_000.0, "unpriced",
        )  # fmt: skip
        assert one(wh, "SELECT count(*) FROM mart.executions") == (24,)


def test_a_redriven_execution_runs_again_and_has_no_end(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        put(wh, "executions", listed("FAILED", 5), listed("PENDING_REDRIVE", 5))
        wh.build(NOW)
        assert one(wh, "SELECT status, ended_at FROM mart.executions") == ("pending_redrive", None)
        put(wh, "executions", listed("RUNNING", None, 1))
        wh.build(NOW)
        assert one(wh, "SELECT status, ended_at, duration_ms FROM mart.executions") == ("running", None, None)


@pytest.mark.parametrize(
    ("hosts", "agent"),
    [
        ({"all": MACHINE, "third": f"{MACHINE}:3"}, "third"),
        ({"all": MACHINE, "live": f"{MACHINE}:live"}, "live"),
        ({"all": MACHINE, "old": f"{MACHINE}:2"}, "all"),
        ({"other": MACHINE + "-2"}, None),
    ],
)
def test_the_contract_that_names_version_or_alias_comes_first(
    hosts: dict[str, str], agent: str | None, tmp_path: Path
) -> None:
    contracts = [hosted(host, agent=name) for name, host in hosts.items()]
    with warehouse(tmp_path, declared(*contracts)) as wh:
        put(wh, "executions", listed("RUNNING", version_arn=f"{MACHINE}:3", alias_arn=f"{MACHINE}:live"))
        wh.build(NOW)
        assert one(wh, "SELECT agent_id FROM mart.executions") == (agent,)


def log_line(kind: str, at: float, **details: Any) -> str:
    """A line of an EXPRESS machine's log group."""
    at_ms = int((after(at) - datetime(1970, 1, 1)) / timedelta(milliseconds=1))
    line = {"id": "1", "type": kind, "details": {"input": "secret", "cause": "secret", **details}}
    return json.dumps({**line, "event_timestamp": str(at_ms), "execution_arn": EXPRESS})


def test_two_log_lines_make_one_execution_in_any_order_and_other_lines_are_skipped(tmp_path: Path) -> None:
    begin, end = log_line("ExecutionStarted", 0), log_line("ExecutionTimedOut", 4, error="States.Timeout")
    for name, order in (("there", [begin, end]), ("back", [end, begin])):
        with warehouse(tmp_path / name, declared(hosted(MACHINE))) as wh:
            for text in order:
                spool(wh, "executions", text)
            landed = spool(wh, "executions", log_line("TaskStateEntered", 1), '{"level": "INFO"}', "{oops}", begin)
            assert (landed.skipped, landed.rejects) == ({"other_event": 1, "other_record": 1}, {"malformed_json": 1})
            wh.build(NOW)
            found = one(wh, "SELECT agent_id, status, started_at, ended_at, error_type, cost_usd FROM mart.executions")
            assert found == ("refund", "timed_out", START, after(4), "States.Timeout", None)


def test_an_execution_of_which_only_the_end_was_logged_has_no_start_and_no_duration(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        spool(wh, "executions", log_line("ExecutionSucceeded", 4))
        wh.build(NOW)
        assert one(wh, "SELECT status, started_at, ended_at, duration_ms, day FROM mart.executions") == (
            "succeeded", None, after(4), None, date(2026, 11, 2),
        )  # fmt: skip


def test_what_is_wrong_with_an_execution_is_said(tmp_path: Path) -> None:
    wrong = [
        listed("SUCCEEDED", 1) | {"execution_arn": "arn:aws:lambda:x"},
        listed("SUCCEEDED", 1) | {"execution_arn": None},
        listed("SUCCEEDED", 1) | {"started_at": None},
        listed("LOST", 1),
        listed("SUCCEEDED", -1),
    ]
    with warehouse(tmp_path) as wh:
        assert put(wh, "executions", *wrong).rejects == {
            "missing_id": 2, "missing_time": 1, "negative_duration": 1, "unknown_status": 1,
        }  # fmt: skip
        assert rows(wh, "FROM raw.executions") == []


def wait(ended: float | None = None, outcome_word: str | None = None, **more: Any) -> dict[str, Any]:
    """A wait for people as the collector found it."""
    times = {"submitted_at": after(1), "ended_at": None if ended is None else after(ended)}
    facts = {
        "execution_arn": EXECUTION,
        "event_id": 3,
        "state": "Approve",
        "resource": "sqs:sendMessage.waitForTaskToken",
    }
    return {**facts, **times, "outcome": outcome_word, **more}


def test_a_wait_for_people_has_an_agent_seconds_and_an_outcome_and_stays_open_until_then(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE))) as wh:
        put(wh, "executions", listed("RUNNING", version_arn=f"{MACHINE}:3"))
        put(wh, "human_waits", wait())
        wh.build(NOW)
        both = "SELECT wait_s, outcome, ended_at FROM mart.human_waits"
        assert one(wh, both) == (None, None, None)
        put(wh, "human_waits", wait(31.5, "answered"), wait())
        put(wh, "human_waits", wait())
        wh.build(NOW)
        assert one(wh, "SELECT * FROM mart.human_waits") == (
            f"{EXECUTION}#3", EXECUTION, "refund", "3", "Approve", "sqs:sendMessage.waitForTaskToken",
            date(2026, 11, 2), after(1), after(31.5), 1830.0, "answered",
        )  # fmt: skip


def test_what_is_wrong_with_a_wait_is_said(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        landed = put(wh, "human_waits", wait(event_id=None), wait(submitted_at=None), wait(0.5, "answered"))
        assert landed.rejects == {"missing_id": 1, "missing_time": 1, "negative_duration": 1}


def root(trace: str = TRACE, at: float = 0, resource: str = MACHINE, **more: Any) -> dict[str, Any]:
    """The segment of a state machine that begins a trace."""
    facts = {
        "trace_id": trace,
        "span_id": f"{int(at):016x}",
        "name": "refunds",
        "kind": "SERVER",
        "resource_arn": resource,
    }
    return {**facts, "started_at": after(at), "duration_ms": 1000.0, "status": "OK", "in_progress": False, **more}


def stopped(status: str = "ABORTED", redrives: int = 0, at: float = 0, trace: str = TRACE) -> dict[str, Any]:
    """An execution that was aborted, with its trace."""
    return {
        "execution_arn": EXECUTION,
        "trace_id": trace,
        "status": status,
        "redrives": redrives,
        "started_at": after(at),
    }


TASK = "SELECT status, status_source, mature FROM mart.tasks"


@pytest.mark.parametrize(("late", "unfinished"), [(False, True), (True, False)])
def test_an_aborted_execution_cancels_the_task_that_it_is(late: bool, unfinished: bool, tmp_path: Path) -> None:
    segment = root(in_progress=True, duration_ms=None, status=None) if unfinished else root()
    steps = [("segments", segment), ("execution_traces", stopped(at=0.01))]
    with warehouse(tmp_path, declared(hosted(MACHINE))) as wh:
        for feed, record in steps[::-1] if late else steps:
            put(wh, feed, record)
            wh.build(NOW)
        assert one(wh, TASK) == ("cancelled", "lifecycle", True)
        put(wh, "execution_traces", stopped("SUCCEEDED", 1, at=0.01))
        wh.build(NOW)
        assert one(wh, "SELECT status IS DISTINCT FROM 'cancelled' FROM mart.tasks") == (True,)


@pytest.mark.parametrize(
    "other",
    [
        stopped(at=1),  # another execution of the machine, inside the same trace
        stopped(trace=TRACE[::-1]),
        stopped("FAILED"),
        stopped() | {"execution_arn": EXECUTION.replace("refunds", "helper")},
    ],
)
def test_an_execution_that_is_not_surely_the_task_leaves_it_alone(other: dict[str, Any], tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE))) as wh:
        put(wh, "segments", root())
        put(wh, "execution_traces", other)
        wh.build(NOW)
        assert one(wh, TASK) == (None, None, True)


def test_a_verdict_and_an_escalation_stand_above_a_cancelled_execution(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE))) as wh:
        put(wh, "segments", root())
        put(wh, "execution_traces", stopped())
        land(wh, [outcome("o1", trace=TRACE, result="failed", gen_ai__agent__name="refund")])
        wh.build(NOW)
        assert one(wh, TASK) == ("failed", "verdict", True)


def test_only_the_last_attempt_of_a_task_decides(tmp_path: Path) -> None:
    keyed = Contract(agent_id="refund", agent_name="refund", hosts=(MACHINE,), task="key")
    with warehouse(tmp_path, declared(keyed)) as wh:
        put(wh, "segments", root(task_key="k"), root("b" * 32, at=10, task_key="k"))
        put(wh, "execution_traces", stopped())
        wh.build(NOW)
        assert one(wh, TASK) == (None, None, True)
        put(wh, "execution_traces", stopped(at=10, trace="b" * 32) | {"execution_arn": EXECUTION + "-2"})
        wh.build(NOW)
        assert one(wh, TASK) == ("cancelled", "lifecycle", True)


def test_an_older_warehouse_gets_the_new_tables_and_keeps_its_rows(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        put(wh, "segments", root())
        for table in ("executions", "execution_traces", "human_waits", "lambda_reports"):
            wh._con.execute(f"DROP TABLE raw.{table}")
        wh._con.execute("DELETE FROM migrations WHERE number = 8")
    with warehouse(tmp_path) as wh:
        wh.build(NOW)
        assert one(wh, "SELECT count(*) FROM mart.spans") == (1,)
        assert rows(wh, "FROM mart.lambda_invocations") == []
