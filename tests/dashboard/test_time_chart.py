"""A chart over time: its values fill it, whatever an interval of a few cases reaches, and its labels stay apart."""

from __future__ import annotations

from base64 import b64decode
from datetime import date, timedelta

import pytest

from dashboard.components.spark import sparkline
from dashboard.components.time_chart import LABEL_HEIGHT, Point, aside, ceiling, is_cut, over_time
from dashboard.theme import LIGHT

FIRST = date(2026, 11, 1)


def points(*triples: tuple[float | None, float | None, float | None]) -> list[Point]:
    """One point a day: value, lower and upper end."""
    return [Point(FIRST + timedelta(days=place), *each, n=1) for place, each in enumerate(triples)]


NARROW = points((0.02, 0.01, 0.03), (0.025, 0.02, 0.05))
WIDE = points((0.02, 0.001, 0.8), (0.025, 0.02, 0.03))


def test_an_interval_that_fits_is_shown_whole() -> None:
    assert ceiling(NARROW) == 0.05
    assert not is_cut(NARROW)


def test_an_interval_far_beyond_the_line_is_cut_and_said_to_be() -> None:
    assert ceiling(WIDE) == pytest.approx(0.075)
    assert is_cut(WIDE)
    top = over_time(LIGHT, WIDE, "usd").layout.yaxis.range[1]
    assert 0.075 < top < 0.1


def test_no_value_of_before_and_no_target_is_ever_cut() -> None:
    assert ceiling(WIDE, before=[None, 0.5]) == 0.8
    assert ceiling(WIDE, target=0.2) == pytest.approx(0.6)
    assert ceiling(points((0.0, 0.0, 0.3), (None, None, None))) == 0.3, "of zeros the interval is all there is to see"
    assert ceiling(points((0.0, None, None))) == 1.0


@pytest.mark.parametrize(("value", "way"), [(0.021, 1), (0.019, -1), (0.02, 1), (0.05, 0), (0.001, 0)])
def test_the_last_value_and_the_target_are_never_named_in_one_place(value: float, way: int) -> None:
    target, top, plot = 0.02, 0.05, 272
    moved = aside(value, target, top)
    assert (moved > 0) - (moved < 0) == way
    assert abs((value - target) / top * plot + moved) >= LABEL_HEIGHT - 1e-9


def test_without_a_target_nothing_moves() -> None:
    assert aside(0.02, None, 0.05) == 0


GAPS = [0.1, None, 0.3, 0.4, None, 0.2]


def test_a_value_between_two_gaps_is_a_dot() -> None:
    drawn = over_time(LIGHT, points(*((value, None, None) for value in GAPS)), "ratio").data
    dots = next(trace for trace in drawn if trace.mode == "markers" and trace.marker.size == 5)
    assert list(dots.y) == [0.1, 0.2]
    assert dots.unselected.marker.opacity == 1, "it stays when another day is chosen"


def test_so_it_is_in_the_small_line_of_a_card() -> None:
    image = sparkline(GAPS, LIGHT, "")
    drawn = b64decode(image.partition("base64,")[2].partition('"')[0]).decode()
    line, dots, last = (piece.partition('"')[0] for piece in drawn.split(' d="')[1:])
    assert (line.count("M"), line.count("L"), dots.count("M"), dots.count("h0")) == (1, 1, 2, 2)
    assert dots.endswith(last), "the last value is the dot that says so"
