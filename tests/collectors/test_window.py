"""Windows: half-open, overlapping on purpose, and never a gap."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.window import Pace, Window, asked_window, floor, held_back, is_due, next_window, reached, to_ms

NOW = datetime.fromisoformat("2026-11-20T12:00")
PACE = Pace(overlap=timedelta(hours=2))
GRID = timedelta(seconds=300)
moments = st.datetimes(min_value=datetime.fromisoformat("2020-01-01"), max_value=datetime.fromisoformat("2030-01-01"))
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))


def test_the_first_window_goes_back_by_the_first_days_and_leaves_the_last_minute() -> None:
    assert next_window(NOW, None, None, PACE) == Window(NOW - timedelta(days=14), NOW - timedelta(seconds=60))


def test_a_later_window_reads_the_overlap_again() -> None:
    window = next_window(NOW, NOW - timedelta(minutes=10), None, PACE)
    assert window == Window(NOW - timedelta(hours=2, minutes=10), NOW - timedelta(seconds=60))


def test_measured_lateness_widens_the_overlap_up_to_a_day() -> None:
    hours = [
        (NOW - next_window(NOW, NOW - PACE.settle, late, PACE).start - PACE.settle) / timedelta(hours=1)  # type: ignore[union-attr]
        for late in (None, 1000.0, 5 * 3_600_000.0, 90 * 3_600_000.0)
    ]
    assert hours == [2, 2, 5, 24]


def test_a_clock_that_went_back_still_reads_the_overlap() -> None:
    window = next_window(NOW, NOW + timedelta(days=1), None, PACE)
    assert window == Window(NOW - timedelta(hours=2, seconds=60), NOW - timedelta(seconds=60))


def test_a_grid_holds_only_whole_steps() -> None:
    window = next_window(
        datetime.fromisoformat("2026-11-20T12:04:59"),
        datetime.fromisoformat("2026-11-20T12:00"),
        None,
        Pace(GRID, grid=GRID),
    )
    assert window == Window(datetime.fromisoformat("2026-11-20T11:55"), datetime.fromisoformat("2026-11-20T12:00"))


@pytest.mark.parametrize(
    ("now", "reached", "due"),
    [
        ("2026-11-20T12:04:59", "2026-11-20T12:00", False),
        ("2026-11-20T12:06:00", "2026-11-20T12:00", True),
        ("2026-11-20T12:05:30", "2026-11-20T12:00", False),  # the last minute is left for the next time
        ("2026-11-20T12:04:59", None, True),
        ("2026-11-20T12:04:59", "2026-11-25T12:00", True),  # a cursor from a clock that was wrong
    ],
)
def test_a_grid_is_a_rhythm_and_each_step_is_read_once(now: str, reached: str | None, due: bool) -> None:
    before = None if reached is None else datetime.fromisoformat(reached)
    assert is_due(datetime.fromisoformat(now), before, Pace(GRID, grid=GRID)) is due
    assert is_due(datetime.fromisoformat(now), before, Pace(GRID)) is True


def test_a_window_that_was_asked_for_keeps_the_usual_end_that_was_not() -> None:
    usual = next_window(NOW, None, None, PACE)
    since, until = datetime.fromisoformat("2026-11-01"), datetime.fromisoformat("2026-11-05")
    assert asked_window(since, until, usual, PACE) == Window(since, until)
    assert asked_window(since, None, usual, PACE) == Window(since, NOW - timedelta(seconds=60))
    assert asked_window(None, NOW, usual, PACE) == Window(NOW - timedelta(days=14), NOW)
    assert asked_window(until, since, usual, PACE) is None


def test_the_cursor_never_jumps_over_time_that_was_not_read() -> None:
    at = datetime.fromisoformat("2026-11-10")
    assert reached(Window(at - timedelta(days=1), at + timedelta(days=1)), at) == at + timedelta(days=1)
    assert reached(Window(at + timedelta(days=1), at + timedelta(days=2)), at) == at
    assert reached(Window(at - timedelta(days=3), at - timedelta(days=2)), at) == at
    assert reached(Window(at, at + timedelta(days=1)), None) == at + timedelta(days=1)


def test_a_window_is_cut_into_parts_that_meet() -> None:
    window = Window(datetime.fromisoformat("2026-11-01"), datetime.fromisoformat("2026-11-01T14:00"))
    hours = [(part.start.hour, part.end.hour) for part in window.slices(timedelta(hours=6))]
    assert hours == [(0, 6), (6, 12), (12, 14)]


@given(moments, spans, spans, spans)
def test_successive_windows_leave_no_gap(
    now: datetime, overlap: timedelta, passed: timedelta, first: timedelta
) -> None:
    pace = Pace(overlap=overlap, first=first + timedelta(days=1))
    before = next_window(now, None, None, pace)
    assert before is not None
    cursor = reached(before, None)
    after = next_window(now + passed, cursor, None, pace)
    assert after is None or (after.start <= cursor and after.end >= before.end)


@given(moments, moments)
def test_a_window_on_a_grid_is_aligned_and_not_longer_than_without(now: datetime, reached_at: datetime) -> None:
    free = next_window(now, reached_at, None, PACE)
    held = next_window(now, reached_at, None, Pace(PACE.overlap, grid=GRID))
    assert free is not None
    assert held is not None
    assert [floor(moment, GRID) for moment in (held.start, held.end)] == [held.start, held.end]
    assert held.start <= free.start
    assert free.end - GRID < held.end <= free.end


@given(moments, st.integers(min_value=0, max_value=10**13))
def test_a_millisecond_is_inside_exactly_when_its_moment_is_before_the_end(end: datetime, at_ms: int) -> None:
    moment = datetime.fromisoformat("1970-01-01") + timedelta(milliseconds=at_ms)
    assert (at_ms < to_ms(end)) == (moment < end)


@given(moments, st.lists(spans, max_size=5))
def test_the_cursor_stays_where_the_next_window_reads_what_is_unfinished(at: datetime, ages: list[timedelta]) -> None:
    stands = held_back(at, [at - age for age in ages], PACE.overlap)
    young = [at - age for age in ages if age <= timedelta(hours=24)]
    following = next_window(at + timedelta(hours=1), stands, None, PACE)
    assert following is not None
    assert all(following.start <= each for each in young)
    assert at - timedelta(hours=24) <= stands <= at
    assert stands == at or following.start == min(young), "no further back than needed"
