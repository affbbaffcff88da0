"""Which agent spent what in a task that several agents work on: exclusive parts that add up to the task's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.config import ConfigTables, Contract
from tests.sql.support import NOW, Record, agent_span, chat, land, rows, span, tool, warehouse
from tests.sql.test_real_dialects import recorded

AGENT = "helper-0123456789"
CHAT_USD = 0.00495
WORK = """SELECT acting_agent_name, is_root, exclusive_ms, model_calls, round(cost_usd::DOUBLE, 6), tool_calls,
    tool_errors
    FROM mart.task_agents ORDER BY acting_agent_name"""


def built(home: Path, records: list[Record], query: str = WORK, config: ConfigTables | None = None) -> list[Any]:
    with warehouse(home, config) as wh:
        land(wh, records)
        wh.build(NOW)
        return rows(wh, query)


def invoked(trace: str, uid: str, parent: str, name: str, **more: Any) -> Record:
    return span(trace, uid, parent, op="invoke_agent", gen_ai__agent__name=name, **more)


def test_each_agent_has_its_own_calls_and_agents_side_by_side_share_the_time(tmp_path: Path) -> None:
    records = [
        agent_span("1", "a", ms=1000.0),
        chat("1", "b", "a"),
        invoked("1", "c", "a", "Search", at=0.1, ms=500.0),
        span("1", "d", "c", op="event_loop_cycle", at=0.1, ms=400.0),
        chat("1", "e", "d", at=0.1),
        tool("1", "f", "d", tool_status="error", at=0.2),
        invoked("1", "g", "a", "Write", at=0.4, ms=400.0),
        chat("1", "h", "g", at=0.4),
        chat("1", "i", "g", at=0.6),
    ]
    assert built(tmp_path, records) == [
        ("Helper", True, 300.0, 1, CHAT_USD, 0, 0),
        ("Search", False, 400.0, 1, CHAT_USD, 1, 1),
        ("Write", False, 300.0, 2, 2 * CHAT_USD, 0, 0),
    ]


def test_an_agent_below_another_takes_its_time_from_that_one_only(tmp_path: Path) -> None:
    records = [
        agent_span("1", "a", ms=1000.0),
        invoked("1", "b", "a", "Search", ms=800.0),
        invoked("1", "c", "b", "Read", at=0.2, ms=100.0),
        chat("1", "d", "c", at=0.2),
    ]
    assert built(tmp_path, records) == [
        ("Helper", True, 200.0, 0, 0.0, 0, 0),
        ("Read", False, 100.0, 1, CHAT_USD, 0, 0),
        ("Search", False, 700.0, 0, 0.0, 0, 0),
    ]


def test_another_host_in_the_trace_is_one_agent_and_the_task_stays_the_callers(tmp_path: Path) -> None:
    other = "search-abcdefghij"
    records = [
        agent_span("1", "a", ms=1000.0),
        span("1", "b", "a", op="server", runtime=other, at=0.1, ms=300.0),
        invoked("1", "c", "b", "Search", runtime=other, at=0.15, ms=200.0),
        chat("1", "d", "c", runtime=other, at=0.2),
    ]
    query = "SELECT agent_id, acting_agent_id, acting_agent_name, exclusive_ms FROM mart.task_agents ORDER BY 2"
    assert built(tmp_path, records, query) == [
        (AGENT, AGENT, "Helper", 700.0),
        (AGENT, other, "Search", 300.0),
    ]


def test_one_agent_alone_has_no_rows(tmp_path: Path) -> None:
    nested = [agent_span("1", "a"), invoked("1", "b", "a", "Helper"), chat("1", "c", "b")]
    assert built(tmp_path, nested) == []


def test_a_call_whose_parent_never_came_is_the_roots_and_unpriced_calls_cost_nothing_known(tmp_path: Path) -> None:
    records = [
        agent_span("1", "a"),
        invoked("1", "b", "a", "Search", ms=100.0),
        chat("1", "c", "b", model="acme.unheard-of-v1:0"),
        chat("1", "d", "gone"),
    ]
    assert built(tmp_path, records) == [
        ("Helper", True, 900.0, 1, CHAT_USD, 0, 0),
        ("Search", False, 100.0, 1, None, 0, 0),
    ]


def test_an_agent_without_a_duration_leaves_the_time_of_all_unknown(tmp_path: Path) -> None:
    records = [agent_span("1", "a"), invoked("1", "b", "a", "Search", ms=0.0), chat("1", "c", "b")]
    assert [row[2] for row in built(tmp_path, records)] == [None, None]


def test_an_attempt_that_one_agent_made_alone_counts_with_the_others(tmp_path: Path) -> None:
    config = ConfigTables(org={"timezone": "UTC"}, contracts=(Contract(AGENT, "Helper", task="key"),))
    records = [
        agent_span("1", "a", task__id="case-1"),
        chat("1", "b", "a"),
        agent_span("2", "a", task__id="case-1", at=100.0),
        invoked("2", "b", "a", "Search", at=100.0, ms=400.0),
    ]
    assert built(tmp_path, records, config=config) == [
        ("Helper", True, 1600.0, 1, CHAT_USD, 0, 0),
        ("Search", False, 400.0, 0, 0.0, 0, 0),
    ]


def test_spans_that_name_each_other_as_parents_do_not_hang_the_build(tmp_path: Path) -> None:
    round_trip = [chat("1", "b", "c"), span("1", "c", "b", op="task")]
    records = [agent_span("1", "a"), *round_trip, invoked("1", "d", "a", "Search")]
    assert sum(row[3] for row in built(tmp_path, records)) == 1


@pytest.mark.parametrize("later", [["b"], ["c", "d"], ["a"]])
def test_pages_that_come_later_give_the_same_rows(tmp_path: Path, later: list[str]) -> None:
    records = [agent_span("1", "a"), invoked("1", "b", "a", "Search"), chat("1", "c", "b"), tool("1", "d", "b")]
    at_once = built(tmp_path / "once", records)
    with warehouse(tmp_path / "paged") as wh:
        for start, wanted in ((0, False), (100, True)):
            land(wh, [r for r in records if (r["spanId"][-1] in later) is wanted], start=start)
            wh.build(NOW)
        assert rows(wh, WORK) == at_once


@st.composite
def trees(draw: st.DrawFn) -> list[Record]:
    """A root of one second and agents anywhere below it, each with a model call or none."""
    records = [agent_span("1", "a0", ms=1000.0)]
    for number in range(1, draw(st.integers(1, 6)) + 1):
        parent = f"a{draw(st.integers(0, number - 1))}"
        at, ms = draw(st.integers(0, 90)) / 100, draw(st.integers(1, 120)) * 10.0
        records.append(invoked("1", f"a{number}", parent, draw(st.sampled_from(["A", "B", "C"])), at=at, ms=ms))
        if draw(st.booleans()):
            records.append(chat("1", f"c{number}", f"a{number}", (draw(st.integers(1, 5000)), 10), at=at))
    return records


@given(records=trees())
@settings(max_examples=15, deadline=None)
def test_the_exclusive_parts_add_up_to_the_task(
    records: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> None:
    query = """SELECT sum(w.exclusive_ms), any_value(t.duration_ms), sum(w.cost_usd), any_value(coalesce(t.cost_usd, 0))
        AS usd,
        sum(w.model_calls), any_value(t.model_calls) FROM mart.task_agents w JOIN mart.tasks t USING (task_id)"""
    ((ms, all_ms, usd, all_usd, calls, all_calls),) = built(tmp_path_factory.mktemp("tree"), records, query)
    assert ms == pytest.approx(all_ms)
    assert (usd, calls) == (all_usd, all_calls or 0)


# Two agents under the workflow's own span, as the OpenAI Agents SDK records them; its models have no price here.
HANDED_OVER = [
    ("coordinator", False, 2252.21, 1, None, 0, 0),
    ("math_specialist", False, 1829.981, 2, None, 1, 0),
    ("recorded-service", True, 5.471, 0, 0.0, 0, 0),
]


def test_a_recorded_hand_over_gives_each_agent_its_own_calls(shared: Path, tmp_path: Path) -> None:
    found = built(tmp_path, recorded(shared)["openai_agents_genai_adot_spans"])
    assert [(name, root, round(ms, 3), *rest) for name, root, ms, *rest in found] == HANDED_OVER
