"""A changed target keeps the former one with its days, so that a past period is judged by the target of that time."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from sql.config import ConfigTables, Target
from sql.models import folder
from sql.warehouse import Warehouse
from tests.sql.support import NOW, agent_span, land, rows, warehouse

SPRING, SUMMER, TODAY = date(2026, 3, 1), date(2026, 6, 1), date(2026, 11, 20)
FIRST = Target("a", "success_rate", 0.8, "min", SPRING)
SHOWN = "SELECT target, valid_from, valid_to FROM mart.targets ORDER BY valid_from"


def given(wh: Warehouse, *targets: Target, on: date) -> list[tuple[object, ...]]:
    """The targets as published after the settings said these on that day."""
    wh.configure(ConfigTables(targets=targets), datetime.combine(on, datetime.min.time()))
    wh.build(NOW)
    return rows(wh, SHOWN)


def test_a_target_changed_in_place_holds_from_the_day_of_the_change(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1")])
        assert given(wh, FIRST, on=SPRING) == [(0.8, SPRING, None)]
        changed = Target("a", "success_rate", 0.9, "min", SPRING)
        expected = [(0.8, SPRING, TODAY), (0.9, TODAY, None)]
        assert given(wh, changed, on=TODAY) == expected
        assert given(wh, changed, on=date(2026, 12, 1)) == expected


def test_a_target_with_a_later_first_day_holds_from_then(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        given(wh, FIRST, on=SPRING)
        later = Target("a", "success_rate", 0.9, "min", SUMMER)
        assert given(wh, later, on=TODAY) == [(0.8, SPRING, SUMMER), (0.9, SUMMER, None)]


def test_a_target_taken_out_keeps_its_days_and_one_given_an_end_stays_one(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        given(wh, FIRST, on=SPRING)
        ends = Target("a", "success_rate", 0.8, "min", SPRING, SUMMER)
        assert given(wh, ends, on=TODAY) == [(0.8, SPRING, SUMMER)]
        assert given(wh, on=date(2026, 12, 1)) == [(0.8, SPRING, SUMMER)]
        other = Target("a", "spend", 5.0, "max", SPRING)
        given(wh, other, on=date(2026, 12, 2))
        assert (5.0, SPRING, date(2026, 12, 5)) in given(wh, on=date(2026, 12, 5))


def test_a_slip_mended_on_the_same_day_leaves_no_history(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        given(wh, Target("a", "success_rate", 8.0, "min", SPRING), on=TODAY)
        assert given(wh, FIRST, on=TODAY) == [(0.8, SPRING, None)]


def test_a_period_is_judged_by_the_target_of_its_last_day(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        given(wh, FIRST, on=SPRING)
        given(wh, Target("a", "success_rate", 0.9, "min", SUMMER), on=TODAY)
        query = folder("queries")["targets"].sql
        wh._con.execute("SET search_path = 'mart'")
        found = {
            end: wh._con.execute(query, {"agents": None, "from": SPRING, "to": end}).fetchall()
            for end in (date(2026, 5, 1), SUMMER, date(2026, 6, 2))
        }
        assert {end: [row[2] for row in targets] for end, targets in found.items()} == {
            date(2026, 5, 1): [0.8], SUMMER: [0.8], date(2026, 6, 2): [0.9],
        }  # fmt: skip
