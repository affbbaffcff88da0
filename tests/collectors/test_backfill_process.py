"""`backfill` as a process over HTTP: killed at any moment and run again, its tables equal those of one quiet run."""

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest

from collectors.window import to_ms
from tests.collectors.command import PATIENCE, Gate, collecting
from tests.collectors.fake_aws import Body, FakeAws, serving
from tests.collectors.support import rows, span
from tests.usage_lines import usage

SINCE, UNTIL = datetime(2026, 11, 10), datetime(2026, 11, 14)
USAGE = "/aws/vendedlogs/bedrock-agentcore/runtime/USAGE_LOGS/helper"
OUTCOMES = "/agent-kpi/outcomes"
CONFIG = f'[sources.usage_logs]\ngroups = ["{USAGE}"]\n'
SOURCES = ("--source", "span_logs", "--source", "outcome_events", "--source", "usage_logs")
FILL = ("backfill", "--from", "2026-11-10", "--to", "2026-11-14", *SOURCES, "--log", "json")


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """Four days: tasks and their outcomes, late and delivered twice, a record that is none, and usage to add up."""
    with serving(FakeAws(page_events=7)) as made:
        made.answers["DescribeDeliverySources"] = lambda _: (200, {"deliverySources": []})
        for number in range(40):
            at = to_ms(SINCE + number * timedelta(hours=2, minutes=23))
            trace = f"{number + 1:032x}"
            root = span(number + 1, 0, traceId=trace, name="invoke_agent helper", startTimeUnixNano=at * 1_000_000,
                        endTimeUnixNano=at * 1_000_000 + 2_000_000_000, durationNano=2_000_000_000,
                        attributes={"gen_ai.operation.name": "invoke_agent",
                                    "gen_ai.agent.name": "helper"})  # fmt: skip
            made.put("aws/spans", "default", at, root)
            if number % 3 == 0:
                made.put("aws/spans", "default", at + 60_000, root, late_ms=7_200_000)  # delivered twice, late
            outcome = {"event.name": "agent.outcome", "schema_version": "1.0", "event_id": f"e{number}",
                       "trace_id": trace, "label.source": "system",
                       "timestamp": f"{SINCE + number * timedelta(hours=2, minutes=24):%Y-%m-%dT%H:%M:%SZ}",
                       "task.outcome": "success" if number % 4 else "failed"}  # fmt: skip
            made.put(OUTCOMES, "o", at + 60_000, outcome)
            for second in range(3):
                moment = at + second * 1000
                made.put(USAGE, "usage", moment, usage(moment, vcpu=0.000001 * (number + 1), session=f"s{number % 5}"))
        made.put("aws/spans", "default", to_ms(SINCE + timedelta(hours=30)), "no record at all")
        yield made


def tables(home: Path) -> dict[str, list[str]]:
    """Every row of what has landed, was built, was refused, and of what is known to be read."""
    found = {}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        named = con.execute(
            """SELECT schema_name, table_name FROM duckdb_tables()
               WHERE schema_name IN ('raw', 'mart') OR table_name IN ('rejects', 'ranges', 'cursors')"""
        ).fetchall()
        for schema, table in named:
            query = f'SELECT to_json(t)::VARCHAR FROM "{schema}"."{table}" t'
            found[f"{schema}.{table}"] = sorted(row[0] for row in con.execute(query).fetchall())
    return {name: lines for name, lines in found.items() if lines}


def finished(aws: FakeAws, home: Path, *arguments: str, code: int = 0) -> list[Body]:
    """Run the command to its end; its JSON lines."""
    with collecting(aws, home, *arguments, config=CONFIG) as process:
        out, err = process.communicate(timeout=PATIENCE * 3)
    assert (process.returncode, err) == (code, ""), out
    return [json.loads(line) for line in out.splitlines()]


def killed_at_call(aws: FakeAws, home: Path, number: int) -> None:
    """Run it and kill it as it asks for its so-manieth page."""
    processes: list[subprocess.Popen[str]] = []
    calls, events = count(1), aws._events

    def answer(asked: Body) -> tuple[int, Body]:
        if next(calls) == number:
            processes[0].kill()
        return events(asked)

    aws.answers["FilterLogEvents"] = answer
    with collecting(aws, home, *FILL, config=CONFIG) as process:
        processes.append(process)
        process.communicate(timeout=PATIENCE * 3)
    del aws.answers["FilterLogEvents"]
    assert process.returncode == -signal.SIGKILL


def killed_at_line(aws: FakeAws, home: Path, event: str, times: int = 1) -> None:
    """Run it and kill it when it has logged an event so many times."""
    with collecting(aws, home, *FILL, config=CONFIG) as process:
        assert process.stdout is not None
        while times:
            times -= json.loads(process.stdout.readline())["event"] == event
        process.kill()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL


def test_a_backfill_killed_at_any_moment_ends_with_the_tables_of_a_quiet_one(aws: FakeAws, tmp_path: Path) -> None:
    quiet, stormy = tmp_path / "quiet", tmp_path / "stormy"
    for home in (quiet, stormy):
        home.mkdir()
    said = finished(aws, quiet, *FILL)
    progress = [line for line in said if line["event"] == "backfill_progress"]
    assert [line["parts_done"] for line in progress] == list(range(1, 13)), "three sources, four days"
    assert progress[-1]["share"] == 1.0
    assert said[-1]["event"] == "pass_finished"
    assert said[-1]["ok"] is True
    killed_at_call(aws, stormy, 1)
    killed_at_call(aws, stormy, 5)
    killed_at_line(aws, stormy, "backfill_progress", 2)
    killed_at_call(aws, stormy, 2)
    killed_at_line(aws, stormy, "scope_begun", 3)
    killed_at_line(aws, stormy, "step")
    before = len(aws.asked("FilterLogEvents"))
    last = finished(aws, stormy, *FILL)
    assert tables(stormy) == tables(quiet)
    assert len(tables(quiet)["raw.spans"]) == 40
    assert len(tables(quiet)["mart.tasks"]) == 40
    assert len(tables(quiet)["raw.outcomes"]) == 40
    assert len(tables(quiet)["raw.usage_hours"]) == 40
    assert len(aws.asked("FilterLogEvents")) == before, "all had been read when it was killed for building"
    assert last[-1]["published"] is not None
    assert finished(aws, stormy, *FILL)[-1]["scopes"] == 0
    assert len(aws.asked("FilterLogEvents")) == before


def test_sigterm_ends_it_cleanly_and_the_next_one_goes_on(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, *FILL, config=CONFIG) as process:
        assert gate.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        gate.go.set()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (143, "")
    assert json.loads(out.splitlines()[-1])["stopped"] is True
    assert rows(tmp_path, "SELECT count(*) FROM ops.ranges WHERE state = 'read'") == [(0,)]
    with collecting(aws, tmp_path, "status", config=CONFIG) as process:
        shown, _ = process.communicate(timeout=PATIENCE)
    assert "span_logs aws/spans: 0% of 2026-11-10 00:00 to 2026-11-14 00:00 UTC is done, 96 h of records left" in shown
    assert finished(aws, tmp_path, *FILL)[-1]["ok"] is True
