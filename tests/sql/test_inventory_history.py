"""Looks at an account become states with validity: no overlaps, no order of arrival, AWS's own times where they fit."""

from __future__ import annotations

import random
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from collectors.inventory.look import State
from sql.warehouse import Warehouse
from tests.sql.inventory_support import PLACE, at, endpoint, look, runtime
from tests.sql.support import NOW, agent_span, land, rows, warehouse


def history(wh: Warehouse, kind: str = "runtime_endpoint") -> list[tuple[Any, ...]]:
    """Version, validity and looks of every state of a kind."""
    wh.build(NOW)
    return rows(
        wh,
        f"""SELECT version, valid_from, valid_to, first_seen_at, last_seen_at FROM mart.inventory
            WHERE kind = '{kind}' ORDER BY resource_id, valid_from""",
    )


def test_a_state_begins_when_aws_says_and_ends_when_the_next_begins(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 10, endpoint(1, updated=2))
        look(wh, 11, endpoint(1, updated=2))
        look(wh, 12, endpoint(2, updated=11.5))
        assert history(wh) == [("1", at(2), at(11.5), at(10), at(11)), ("2", at(11.5), None, at(12), at(12))]


def test_without_a_time_of_aws_a_state_begins_when_it_was_first_seen(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 10, endpoint(1))
        look(wh, 12, endpoint(2))
        assert history(wh) == [("1", at(10), at(12), at(10), at(10)), ("2", at(12), None, at(12), at(12))]


def test_a_time_of_aws_before_the_last_look_cannot_date_the_change(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 10, endpoint(1, updated=2))
        look(wh, 12, endpoint(2, updated=9))
        assert [row[:3] for row in history(wh)] == [("1", at(2), at(12)), ("2", at(12), None)]


def test_a_time_of_aws_after_the_look_is_of_a_change_that_it_did_not_see(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 10, endpoint(1, updated=10.5))
        assert [row[:3] for row in history(wh)] == [("1", at(10), None)]


@pytest.mark.parametrize("updated", [(1.0, 11.0, 12.5), (None, None, None)])
def test_going_back_to_what_was_makes_a_third_state(tmp_path: Path, updated: tuple[float | None, ...]) -> None:
    with warehouse(tmp_path) as wh:
        for hours, live, moment in zip((10, 12, 13), (1, 2, 1), updated, strict=True):
            look(wh, hours, endpoint(live, updated=moment))
        begins = [10.0 if updated[0] is None else 1.0, 12.0 if updated[1] is None else 11.0, updated[2] or 13.0]
        assert [row[:3] for row in history(wh)] == [
            ("1", at(begins[0]), at(begins[1])),
            ("2", at(begins[1]), at(begins[2])),
            ("1", at(begins[2]), None),
        ]


def test_what_a_listing_lacks_is_gone_from_that_listing_on(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 10, runtime("a"), runtime("b"), listed=["runtime"])
        look(wh, 11, runtime("a"), listed=["runtime"])
        look(wh, 12, runtime("a"), listed=["runtime"])
        wh.build(NOW)
        assert rows(wh, "SELECT resource_id, valid_from, valid_to FROM mart.inventory ORDER BY ALL") == [
            ("a", at(10), None),
            ("b", at(10), at(11)),
        ]


def test_what_comes_back_on_another_day_is_a_second_stay(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        for hours in (10, 30, 50):
            look(wh, hours, *([] if hours == 30 else [runtime("a", version="1")]), listed=["runtime"])
        assert [row[:3] for row in history(wh, "runtime")] == [("1", at(10), at(30)), ("1", at(50), None)]


def test_a_listing_of_another_kind_or_a_look_at_some_says_nothing_of_the_rest(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 10, runtime("a"), runtime("b"), listed=["runtime"])
        look(wh, 11, listed=["guardrail"])
        look(wh, 12, runtime("a"))
        wh.build(NOW)
        assert rows(wh, "SELECT resource_id, valid_to FROM mart.inventory ORDER BY ALL") == [("a", None), ("b", None)]


def test_a_quiet_year_is_one_state_and_one_row_a_day(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        for hours in range(0, 24 * 5, 4):
            look(wh, hours, endpoint(1, updated=-9))
        assert rows(wh, "SELECT count(*) FROM raw.inventory") == [(6,)]
        assert history(wh) == [("1", at(-9), None, at(0), at(116))]


def test_reading_the_same_look_twice_lands_nothing_new(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        first = look(wh, 10, endpoint(1), listed=["runtime_endpoint"])
        again = look(wh, 10, endpoint(1), listed=["runtime_endpoint"])
        assert (first.rows_new, again.rows_new, again.rows_changed, again.duplicates) == (2, 0, 0, 2)


def test_what_has_no_id_or_no_time_is_rejected(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        assert look(wh, 1, State("runtime", "")).rejects == {"missing_id": 1}
        row = {**runtime().row(at(1)), "seen_at": None}
        with wh.transaction():
            assert wh.land_rows("inventory_states", [row], (), PLACE).rejects == {"missing_time": 1}


def some_looks(seed: int) -> list[tuple[float, tuple[State, ...], tuple[str, ...]]]:
    """Looks at two endpoints over some days: changes, ways back, gaps, times that fit and times that do not."""
    draw = random.Random(seed)
    found: list[tuple[float, tuple[State, ...], tuple[str, ...]]] = []
    for _ in range(draw.randint(2, 14)):
        hours = draw.randint(0, 80) / 1.0
        states = [
            endpoint(draw.randint(1, 3), updated=draw.choice([None, hours - draw.randint(0, 9), 5.0]), name=name)
            for name in ("DEFAULT", "prod")
            if draw.random() < 0.8
        ]
        found.append((hours, tuple(states), ("runtime_endpoint",) if draw.random() < 0.7 else ()))
    return found


def states_of(home: Path, looks: list[tuple[float, tuple[State, ...], tuple[str, ...]]]) -> list[tuple[Any, ...]]:
    """The whole history after these looks."""
    with warehouse(home) as wh:
        for hours, states, listed in looks:
            look(wh, hours, *states, listed=listed)
        wh.build(NOW)
        return rows(wh, "FROM mart.inventory ORDER BY ALL")


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_history_has_no_overlaps_and_no_memory_of_the_order_of_looks(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    looks = some_looks(seed)
    found = states_of(tmp_path_factory.mktemp("once"), looks)
    shuffled = looks + random.Random(seed).choices(looks, k=3)
    random.Random(seed + 1).shuffle(shuffled)
    assert states_of(tmp_path_factory.mktemp("again"), shuffled) == found
    stays: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for row in found:
        stays.setdefault(row[3], []).append((row[11], row[12]))
    for each in stays.values():
        ordered = sorted(each, key=lambda stay: stay[0])
        assert all(begin < end for begin, end in ordered if end is not None)
        assert all(end is not None and end <= then for (_, end), (then, _) in pairwise(ordered))


def test_an_account_without_any_inventory_builds_empty_tables(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1")])
        wh.build(NOW)
        assert rows(wh, "SELECT (SELECT count(*) FROM mart.inventory), (SELECT count(*) FROM mart.changes)") == [(0, 0)]
