"""From a cursor and a clock to the window to read. Pure: naive UTC in, naive UTC out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LATEST_OVERLAP = timedelta(hours=24)
LONGEST_HOLD = timedelta(hours=24)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC everywhere


@dataclass(frozen=True)
class Window:
    """Half-open: `start` is inside, `end` is not. Naive UTC."""

    start: datetime
    end: datetime

    @property
    def start_ms(self) -> int:
        """Epoch milliseconds of the first moment inside."""
        return to_ms(self.start)

    @property
    def end_ms(self) -> int:
        """Epoch milliseconds of the first moment after."""
        return to_ms(self.end)

    def slices(self, longest: timedelta) -> list[Window]:
        """The window cut into parts no longer than `longest`, in order."""
        parts, start = [], self.start
        while start < self.end:
            end = min(start + longest, self.end)
            parts.append(Window(start, end))
            start = end
        return parts


@dataclass(frozen=True)
class Pace:
    """How a source is read: `overlap` is read again every time, the last `settle` is left for the next time.

    After an outage a pass reads the newest `longest` first, and what lies before it in parts of that length; None means
    that a source has no past to catch up on. A first window is whole, however long.
    """

    overlap: timedelta
    settle: timedelta = timedelta(seconds=60)
    first: timedelta = timedelta(days=14)
    grid: timedelta | None = None
    longest: timedelta | None = None


def is_due(now: datetime, reached_at: datetime | None, pace: Pace) -> bool:
    """Whether the usual window brings anything new: a grid is a rhythm too, and each of its steps is read once."""
    if pace.grid is None or reached_at is None:
        return True
    return not floor(now - pace.settle, pace.grid) <= reached_at <= now


def next_window(now: datetime, reached_at: datetime | None, late_p999_ms: float | None, pace: Pace) -> Window | None:
    """The window after the cursor, or None when no time has passed yet.

    The overlap grows with the lateness that was measured, up to a day. With a grid both ends lie on it, and only whole
    steps are read.
    """
    end = now - pace.settle
    overlap = max(pace.overlap, min(timedelta(milliseconds=late_p999_ms or 0.0), LATEST_OVERLAP))
    start = now - pace.first if reached_at is None else min(reached_at, end) - overlap
    if reached_at is not None and pace.longest is not None and end - reached_at > pace.longest:
        start = end - pace.longest
    return _on_grid(start, end, pace.grid)


def deepened(window: Window | None, now: datetime, reach: timedelta, pace: Pace) -> Window | None:
    """The window, made to reach back that far from `now`."""
    return None if window is None else _on_grid(min(window.start, now - reach), window.end, pace.grid)


def asked_window(since: datetime | None, until: datetime | None, usual: Window | None, pace: Pace) -> Window | None:
    """The window that --since and --until ask for; what is not given is as usual."""
    start = since or (usual.start if usual else None)
    end = until or (usual.end if usual else None)
    if start is None or end is None:
        return None
    return _on_grid(start, end, pace.grid)


def reached(window: Window, reached_at: datetime | None) -> datetime:
    """Where the cursor stands after an exhausted window: it never goes back, and never jumps over time not read."""
    if reached_at is None:
        return window.end
    return max(window.end, reached_at) if window.start <= reached_at else reached_at


def front(reached_at: datetime | None, read: Sequence[Window]) -> datetime | None:
    """The end of the newest that has been read; the cursor is older where a gap lies between them."""
    ends = [each.end for each in read]
    return reached_at if reached_at is None else max([reached_at, *ends])


def advanced(reached_at: datetime, read: Sequence[Window]) -> datetime:
    """Where the cursor stands when all of this has been read: it passes what it stands in or at."""
    return max((each.end for each in read if each.start <= reached_at <= each.end), default=reached_at)


def missing(wanted: Window, read: Sequence[Window]) -> list[Window]:
    """The parts of a stretch that have not been read, in order."""
    parts, start = [], wanted.start
    for each in sorted(read, key=lambda each: each.start):
        if start < min(each.start, wanted.end):
            parts.append(Window(start, min(each.start, wanted.end)))
        start = max(start, each.end)
    return [*parts, Window(start, wanted.end)] if start < wanted.end else parts


def parts_of(stretches: Sequence[Window], longest: timedelta) -> list[Window]:
    """The stretches cut where multiples of `longest` since 1970 lie, in order: whoever cuts again cuts there too."""
    cut = []
    for each in stretches:
        start = each.start
        while start < each.end:
            end = min(floor(start, longest) + longest, each.end)
            cut.append(Window(start, end))
            start = end
    return cut


def held_back(reached_at: datetime, unfinished: Collection[datetime], overlap: timedelta) -> datetime:
    """Where the cursor stays so that the next window, which begins `overlap` earlier, reads what is unfinished again.

    What is older than a day is waited for no longer.
    """
    waited_for = [each + overlap for each in unfinished if each >= reached_at - LONGEST_HOLD]
    return min([reached_at, *waited_for])


def _on_grid(start: datetime, end: datetime, grid: timedelta | None) -> Window | None:
    if grid is not None:
        start, end = floor(start, grid), floor(end, grid)
    return Window(start, end) if start < end else None


def floor(moment: datetime, step: timedelta) -> datetime:
    """The last multiple of `step` since 1970 that is not after `moment`."""
    return moment - (moment - EPOCH) % step


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds of a naive UTC moment, rounded up, so that a half-open end stays outside."""
    return -((EPOCH - moment) // timedelta(milliseconds=1))
