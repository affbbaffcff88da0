"""Bars keep their room on a phone, however long the names beside them are."""

from __future__ import annotations

from dashboard.components.charts import BREAK, bars, steps, unmarked
from dashboard.theme import LIGHT
from metrics.insights.factors import FACTORS

PHONE = 390 - 2 * 16  # px of content on the narrowest screen we look at


def test_a_waterfall_of_all_factors_has_room_for_its_bars_on_a_phone() -> None:
    rows = [(name, 0.0, 1.0, f"<b>−$0.000906</b>{BREAK}×1.06", LIGHT.now) for _, name, _ in FACTORS]
    margin = steps(LIGHT, rows, frozenset()).layout.margin
    assert PHONE - margin.l - margin.r >= 100


def test_long_names_go_on_two_lines_and_names_without_blanks_stay_whole() -> None:
    figure = bars(LIGHT, [(name, 1.0, "<b>1</b>", LIGHT.now) for name in ("Share of calls with a price", "a" * 30)])
    assert [each.text for each in figure.layout.annotations[::2]] == [f"Share of calls{BREAK}with a price", "a" * 30]


def test_a_label_read_aloud_has_no_markup() -> None:
    assert unmarked(f"<b>$1</b>{BREAK}×2") == "$1 ×2"


def test_bars_that_are_all_zero_stand_at_the_left() -> None:
    assert bars(LIGHT, [("Output", 0.0, "<b>$0</b>", LIGHT.now)]).layout.xaxis.rangemode == "nonnegative"
