"""Hand-overs: how long they wait for a person and how many still do, from events and from waits in Step Functions."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.retention import Retention
from sql.warehouse import Warehouse
from tests.sql.host_records import EXECUTION, MACHINE, after, declared, hosted, put
from tests.sql.support import NOW, START, land, one, outcome, rows, span, warehouse
from tests.sql.test_executions import listed, wait

PARTS = """SELECT kpi, agent_id, slice, numerator AS a, denominator AS b, covered, eligible FROM mart.kpi_daily
    WHERE kpi = 'waiting_handovers' UNION ALL
    SELECT kpi, agent_id, slice, bucket, n, sum_ms, max_ms FROM mart.latency_buckets WHERE kpi = 'pickup_time'
    ORDER BY ALL"""


def handed_over(number: int, agent: str = "Helper", **more: Any) -> list[dict[str, Any]]:
    """A task of 100 ms that was handed over when it ended."""
    trace = f"{number:x}"
    runtime = f"{agent.lower()}-0123456789"
    root = span(trace, "a", op="invoke_agent", at=number * 10.0, runtime=runtime, gen_ai__agent__name=agent)
    said = {"escalation__escalated": True, "escalation__target": "care", "gen_ai__agent__name": agent, **more}
    return [root, outcome(f"o{number}", at=number * 10.0 + 1, result="unknown", trace=trace, **said)]


def taken(number: int, minutes: float, agent: str = "Helper", event: str = "p") -> dict[str, Any]:
    """A person took the hand-over of a task so many minutes after its end."""
    at = number * 10.0 + 0.1 + 60 * minutes
    moment = (START + timedelta(seconds=at)).isoformat() + "Z"
    more = {"escalation__picked_up_at": moment, "gen_ai__agent__name": agent}
    return outcome(f"{event}{number}", at=at, result="unknown", trace=f"{number:x}", **more)


def found(wh: Warehouse) -> list[tuple[Any, ...]]:
    wh.build(NOW)
    text = "SELECT source, queue, followed, pickup_ms, dropped_at FROM mart.handovers ORDER BY handed_over_at"
    return rows(wh, text)


def test_a_hand_over_waits_from_the_end_of_its_task_until_a_person_takes_it(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [*handed_over(1), *handed_over(2), taken(1, 5), taken(1, 9, event="again")])
        assert found(wh) == [("event", "care", True, 300_000.0, None), ("event", "care", True, None, None)]
        whole = "SELECT numerator, denominator FROM mart.kpi_daily WHERE kpi = 'waiting_handovers' AND slice = ''"
        assert one(wh, whole) == (1.0, 2.0)


def test_where_no_event_ever_says_when_somebody_took_one_nothing_is_known_to_wait(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [*handed_over(1), *handed_over(2, agent="Other"), taken(2, 5, agent="Other")])
        assert [row[2] for row in found(wh)] == [False, True]
        parts = rows(wh, PARTS)
        assert [row[3:] for row in parts if row[:3] == ("waiting_handovers", "helper-0123456789", "")] == [
            (None, 0, 0, 1)
        ]


def test_one_who_takes_it_while_the_agent_still_works_takes_no_time(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [*handed_over(1), taken(1, -0.001)])
        assert found(wh) == [("event", "care", True, 0.0, None)]


def test_the_first_pick_up_makes_older_days_known_as_well(tmp_path: Path) -> None:
    with warehouse(tmp_path / "a") as wh:
        land(wh, [*handed_over(1), *handed_over(9_000)])
        wh.build(NOW)
        assert {row[5] for row in rows(wh, PARTS) if row[0] == "waiting_handovers"} == {0}
        land(wh, [taken(9_000, 3)], start=50)
        wh.build(NOW)
        later = rows(wh, PARTS)
    assert len({row for row in later if row[0] == "waiting_handovers" and row[3] == 1.0}) == 2
    with warehouse(tmp_path / "b") as wh:
        land(wh, [*handed_over(1), *handed_over(9_000), taken(9_000, 3)])
        wh.build(NOW)
        assert rows(wh, PARTS) == later


@pytest.mark.parametrize(
    ("word", "ended", "pickup_ms", "waits"),
    [
        ("answered", 31.5, 1_830_000.0, 0),
        ("failed", 31.5, 1_830_000.0, 0),
        ("timed_out", 31.5, None, 0),
        (None, None, None, 1),
    ],
)
def test_a_wait_in_step_functions_is_a_hand_over_from_the_asking_to_the_answer(
    word: str | None, ended: float | None, pickup_ms: float | None, waits: int, tmp_path: Path
) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE))) as wh:
        put(wh, "executions", listed("RUNNING"))
        put(wh, "human_waits", wait(ended, word))
        assert [row[:4] for row in found(wh)] == [("wait", "Approve", True, pickup_ms)]
        whole = [row[3:] for row in rows(wh, PARTS) if row[:3] == ("waiting_handovers", "refund", "")]
        assert whole == [(float(waits), 1.0, 1, 1)]


def test_a_wait_and_the_event_about_it_are_one_hand_over(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE, agent="helper-0123456789"))) as wh:
        put(wh, "executions", listed("RUNNING"))
        put(wh, "human_waits", wait(31.5, "answered"))
        land(wh, handed_over(1))
        assert [row[0] for row in found(wh)] == ["wait"]
        land(wh, [*handed_over(2), taken(2, 1)], start=50)
        assert [row[0] for row in found(wh)] == ["event", "event", "wait"], "events that say when are of their own"


def test_a_wait_of_a_machine_that_no_contract_names_is_nobodys(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        put(wh, "executions", listed("RUNNING"))
        put(wh, "human_waits", wait(31.5, "answered"))
        assert found(wh) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parts_of_hand_overs_do_not_depend_on_order_or_number_of_builds(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    records = [record for n in range(8) for record in handed_over(n * 4_000, agent=f"A{n % 3}")]
    records += [taken(n * 4_000, draw.uniform(1, 900), agent=f"A{n % 3}") for n in range(8) if draw.random() < 0.6]
    with warehouse(tmp_path / "whole") as wh:
        land(wh, records)
        wh.build(NOW)
        whole = rows(wh, PARTS)
    assert len({row[1] for row in whole}) == 3
    draw.shuffle(records)
    with warehouse(tmp_path / "pieces") as wh:
        for number in range(0, len(records), 3):
            land(wh, records[number : number + 3], start=100 * number)
            wh.build(NOW)
        assert rows(wh, PARTS) == whole


def test_a_pick_up_of_a_sealed_day_still_counts_once(tmp_path: Path) -> None:
    later = NOW + timedelta(days=60)
    day = Retention(spans_days=(later.date() - START.date()).days - 1)
    both = "SELECT sum(numerator), sum(denominator) FROM (FROM sealed.kpi_daily UNION ALL BY NAME FROM mart.kpi_daily)"
    text = f"{both} WHERE kpi = 'waiting_handovers' AND slice = ''"
    with warehouse(tmp_path) as wh:
        land(wh, [*handed_over(1), *handed_over(2), taken(1, 5), *handed_over(20_000)])
        wh.build(later)
        assert one(wh, text) == (2.0, 3.0)
        assert wh.keep(day, later).days
        wh.build(later)
        assert one(wh, text) == (2.0, 3.0)
        land(wh, [taken(2, 9)], start=50)
        wh.build(later)
        assert one(wh, text) == (1.0, 3.0)
        wh._con.execute("UPDATE ops.meta SET value = '' WHERE key = 'fingerprint'")
        wh.build(later)
        assert one(wh, text) == (1.0, 3.0)


def test_waits_for_people_and_their_executions_are_kept_for_ever(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(MACHINE))) as wh:
        put(wh, "executions", listed("SUCCEEDED", 40), listed("SUCCEEDED", 2) | {"execution_arn": f"{EXECUTION}-2"})
        put(wh, "human_waits", wait(31.5, "answered"))
        wh.build(NOW)
        wh.keep(Retention(), NOW + timedelta(days=500))
        assert rows(wh, "SELECT DISTINCT execution_arn FROM raw.executions") == [(EXECUTION,)]
        wh.build(NOW)
        assert one(wh, "SELECT agent_id, pickup_ms FROM mart.handovers") == ("refund", 1_830_000.0)
        assert after(31.5) == one(wh, "SELECT picked_up_at FROM mart.handovers")[0]
