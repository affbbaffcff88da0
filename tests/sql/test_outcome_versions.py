"""Restated records and events whose trace never arrives: which version holds, and which task it is about."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.sql.support import NOW, Record, agent_span, chat, land, one, outcome, rows, warehouse
from tests.sql.test_incremental import CONFIG, at_once, snapshot

OTHER = "other-0123456789"


def version(event: str, result: str, observed: str, key: str = "tickets:1", trace: str = "1") -> Record:
    """One version of a record of a ticket system."""
    return outcome(
        event, trace=trace, result=result, record_key=key, observed_timestamp=f"2026-11-0{observed}T00:00:00Z"
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_version_observed_last_holds_in_any_order_of_arrival(tmp_path: Path, order: tuple[int, ...]) -> None:
    versions = [version("a", "success", "3"), version("b", "failure", "4"), version("c", "success", "5", trace="2")]
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), agent_span("2", at=5.0)])
        for number in order:
            land(wh, [versions[number]], start=10 + number)
            wh.build(NOW)
        assert rows(wh, "SELECT trace_id[-1:], status FROM mart.tasks ORDER BY 1") == [("1", None), ("2", "success")]
        assert rows(wh, "SELECT event_id FROM mart.labels") == [("c",)]
        assert one(wh, "SELECT count(*) FROM raw.outcomes") == (3,)


def test_a_version_that_comes_back_holds_again(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), version("a", "success", "3"), version("b", "failure", "4")])
        wh.build(NOW)
        assert one(wh, "SELECT status FROM mart.tasks") == ("failed",)
        land(wh, [version("a", "success", "5")], start=9)
        wh.build(NOW)
        assert one(wh, "SELECT status FROM mart.tasks") == ("success",)
        assert one(wh, "SELECT count(*) FROM raw.outcomes") == (2,)


def test_versions_observed_at_one_moment_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), version("b", "failure", "3"), version("a", "success", "3")])
        wh.build(NOW)
        assert rows(wh, "SELECT event_id, value FROM mart.labels") == [("b", "failed")]


def test_records_of_other_keys_and_without_one_stand_side_by_side(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), version("a", "success", "3"), version("b", "success", "4", key="tickets:2")])
        land(wh, [outcome("c", trace="1")], start=9)
        wh.build(NOW)
        assert rows(wh, "SELECT event_id FROM mart.labels ORDER BY 1") == [("a",), ("b",), ("c",)]


def test_of_two_words_on_one_moment_the_one_observed_last_is_the_verdict(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        late = {"observed_timestamp": "2026-11-05T00:00:00Z"}
        land(wh, [agent_span("1"), outcome("z", trace="1"), outcome("a", trace="1", result="failure", **late)])
        wh.build(NOW)
        assert one(wh, "SELECT status FROM mart.tasks") == ("failed",)


@pytest.mark.parametrize(
    ("subject", "matched"),
    [
        ({"trace": "9", "session__id": "s1", "task__id": "other"}, True),
        ({"trace": "9", "session__id": "unseen", "task__id": "k1"}, True),
        ({"session__id": "unseen", "task__id": "k1"}, True),
        ({"trace": "9", "session__id": "s1", "gen_ai__agent__name": "Other"}, False),
        ({"trace": "2", "session__id": "s1", "task__id": "k1"}, False),
        ({"trace": "9"}, False),
    ],
    ids=["session", "key", "key without trace", "another agent", "the trace has arrived", "nothing else named"],
)
def test_a_trace_id_that_never_arrives_leaves_it_to_session_then_key(
    tmp_path: Path, subject: dict[str, Any], matched: bool
) -> None:
    records = [agent_span("1", session__id="s1", task__id="k1"), chat("2", "b", "gone", runtime=None)]
    with warehouse(tmp_path) as wh:
        land(wh, [*records, outcome("e1", **subject)])
        wh.build(NOW)
        assert one(wh, "SELECT status FROM mart.tasks") == ("success" if matched else None,)
        assert one(wh, "SELECT task_id IS NOT NULL FROM mart.labels") == (matched,)


def test_a_trace_that_arrives_late_takes_its_verdict_back_from_the_session(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1", session__id="s1"), outcome("e1", trace="2", session__id="s1")])
        wh.build(NOW)
        assert rows(wh, "SELECT trace_id[-1:], status FROM mart.tasks") == [("1", "success")]
        land(wh, [agent_span("2", session__id="s2", at=9.0)], start=9)
        wh.build(NOW)
        assert rows(wh, "SELECT trace_id[-1:], status FROM mart.tasks ORDER BY 1") == [("1", None), ("2", "success")]


def test_a_session_that_arrives_late_takes_the_verdict_from_the_key(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1", task__id="k1"), outcome("e1", trace="9", session__id="s1", task__id="k1")])
        wh.build(NOW)
        assert rows(wh, "SELECT trace_id[-1:], status FROM mart.tasks") == [("1", "success")]
        land(wh, [agent_span("2", session__id="s1", at=9.0)], start=9)
        wh.build(NOW)
        assert rows(wh, "SELECT trace_id[-1:], status FROM mart.tasks ORDER BY 1") == [("1", None), ("2", "success")]


def world(seed: int) -> list[Record]:
    """Tasks in shared sessions and keys, and events that name traces, some of which never come, in several versions."""
    draw = random.Random(seed)
    records: list[Record] = []
    for n in range(10):
        marks = {"session__id": f"s{n % 4}", "task__id": f"k{draw.randrange(5)}"}
        runtime = draw.choice(["helper-0123456789", "keyed-0123456789", OTHER])
        records.append(agent_span(f"{n + 1:x}", at=n * 9_000.0, runtime=runtime, **marks))
    for n in range(16):
        trace = draw.choice([None, f"{draw.randrange(16) + 1:x}"])
        fields: dict[str, Any] = {"session__id": draw.choice([None, f"s{n % 6}"]), "task__id": f"k{draw.randrange(7)}"}
        fields["record_key"] = draw.choice([None, f"r{draw.randrange(4)}"])
        fields["observed_timestamp"] = draw.choice([None, f"2026-11-0{draw.randrange(4) + 3}T00:00:00Z"])
        result = draw.choice(["success", "failure"])
        records.append(outcome(f"e{n}", trace=trace, result=result, at=draw.randrange(90_000), **fields))
    return records


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(seed=st.integers(0, 10_000), chunks=st.integers(2, 6))
def test_any_order_of_traces_events_and_versions_builds_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, seed: int, chunks: int
) -> None:
    records = world(seed)
    expected = at_once(tmp_path_factory.mktemp("once"), records)
    random.Random(seed + 1).shuffle(records)
    size = len(records) // chunks + 1
    with warehouse(tmp_path_factory.mktemp("pieces"), CONFIG) as wh:
        for start in range(0, len(records), size):
            land(wh, records[start : start + size], start=start)
            wh.build(NOW)
        got = snapshot(wh)
    assert {table: got[table] for table in got if got[table] != expected[table]} == {}
