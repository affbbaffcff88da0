"""One detector for every stream, both directions, under one promise on false alarms for the whole dashboard.

The statistic of a stream is the mean of those of its whole (one half) and of its parts (the other half): it keeps the
promise of a single one, and still sees what happens in one kind of task or one tool alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metrics import stats
from metrics.effects.model import Direction
from metrics.insights.amounts import MOST_A_DAY, in_slots
from metrics.insights.baseline import Baseline, baseline_of, least_expected, parts_watched
from metrics.insights.model import Budget, Gate
from metrics.insights.streams import Days, Part, Stream, tells_of_data

BUDGET_DAYS = 90
FALSE_ALARMS = 1.0
FEED_RATE = 0.1
RECOVERED = 0.05
NEAR = 0.01
LEAST_DAYS_BEFORE = 3
DIRECTIONS: tuple[Direction, ...] = ("down", "up")


@dataclass(frozen=True)
class Episode:
    """From the first suspicious day of a stream to its alarm and on. Indices are days of the stream.

    `driver` is the part that moved most, `clean` the first of the usual days before it, `ended` the first day on which
    it was over (None while it lasts), `log_e` the logarithm of its e-value and `top` that of the detector's statistic.
    Not `alarmed`: it comes near the threshold today, and `alarm` is today.
    """

    stream: Stream
    base: Baseline
    direction: Direction
    driver: Part
    clean: int
    alarm: int
    onset_chances: tuple[float, ...]
    ended: int | None
    log_e: float
    top: float
    alarmed: bool = True

    @property
    def onset(self) -> int:
        """The likeliest first day, without knowing of releases."""
        return self.clean + likeliest(self.onset_chances)


@dataclass(frozen=True)
class Watched:
    """What the detectors found, which streams they cannot watch and why, and the promise that holds for all.

    `counts` are the streams (in directions) that are watched of each agent.
    """

    budget: Budget
    episodes: tuple[Episode, ...]
    not_watched: tuple[tuple[Stream, Gate], ...]
    counts: Mapping[str, int]


def likeliest(chances: Sequence[float]) -> int:
    """After how many days the change came most likely; of days alike (no work between them) the last."""
    top = max(chances[1:])
    return max(place for place, chance in enumerate(chances) if place and chance >= top * (1 - 1e-9))


def watch(streams: Iterable[Stream], elsewhere: int = 0) -> Watched:
    """Watch streams under one promise with so many others (in directions) that need not be looked at again."""
    ready: list[tuple[Stream, Baseline]] = []
    left_out: list[tuple[Stream, Gate]] = []
    for stream in streams:
        base = baseline_of(stream)
        if isinstance(base, Gate):
            left_out.append((stream, base))
        else:
            ready.append((settled(stream, base), base))
    counts = Counter(stream.agent_id for stream, _ in ready for _ in directions(stream))
    budget = budget_of(elsewhere + sum(counts.values()))
    found = [
        episode
        for stream, base in ready
        for direction in directions(stream)
        for episode in episodes(stream, base, direction, budget)
    ]
    return Watched(budget, tuple(found), tuple(left_out), counts)


def settled(stream: Stream, base: Baseline) -> Stream:
    """The stream as it is watched: the slots of a sum are those of its baseline."""
    if stream.measure != "amount":
        return stream
    return in_slots(stream, slice(base.first, base.end), robust=False)


def directions(stream: Stream) -> tuple[Direction, ...]:
    """Both; shares of work for rises alone, as where one falls another rises; evidence for a loss; confidence for too
    much of it.
    """
    if stream.measure == "share" or stream.kpi == "calibration":
        return ("up",)
    return ("down",) if tells_of_data(stream) else DIRECTIONS


def budget_of(streams: int) -> Budget:
    """The threshold that keeps one false alarm in 90 days over so many streams."""
    count = max(1, streams)
    threshold = stats.e_sr_alarm_budget(count, BUDGET_DAYS, FALSE_ALARMS)["threshold"]
    return Budget(count, BUDGET_DAYS, FALSE_ALARMS, threshold)


def episodes(stream: Stream, base: Baseline, direction: Direction, budget: Budget) -> Iterable[Episode]:
    """Every alarm of a stream in one direction; after one that is over, the watch begins anew."""
    parts = parts_watched(stream, base)
    if not parts:
        return
    least = np.stack([least_expected(stream, base, part, direction) for part in parts])
    begin, clean = base.end, base.first
    while begin < stream.days:
        paths = _paths(stream, parts, least, direction, begin)
        mixed = np.logaddexp.reduce(paths, axis=0)
        over = np.flatnonzero(mixed >= np.log(budget.threshold))
        if not len(over):
            if mixed[-1] >= np.log(budget.threshold * NEAR):
                yield _episode(
                    stream, base, direction, parts[int(np.argmax(paths[:, -1]))], (clean, begin), mixed, budget, None
                )
            return
        driver = parts[int(np.argmax(paths[:, over[0]]))]
        found = _episode(stream, base, direction, driver, (clean, begin), mixed, budget, int(over[0]))
        yield found
        if found.ended is None:
            return
        begin, clean = max(found.ended, found.alarm + 1), found.ended


def _episode(
    stream: Stream,
    base: Baseline,
    direction: Direction,
    driver: Part,
    days: tuple[int, int],
    mixed: Days,
    budget: Budget,
    over: int | None,
) -> Episode:
    """The episode of an alarm on the day `over` of a watch; without one, of today.

    `days`: the first of the usual days before, and the day on which the watch began.
    """
    clean, begin = days
    alarm = begin + (len(mixed) - 1 if over is None else over)
    clean = clean if alarm - clean >= LEAST_DAYS_BEFORE else base.first
    chances = stats.changepoint_posterior(_days(stream, driver, clean, alarm + 1))
    onset = clean + likeliest(chances)
    ended = None if over is None else _ended(stream, base, driver, max(onset, base.end), direction)
    log_e = _evidence(mixed, begin, alarm - begin, ended, budget)
    top = float(mixed[alarm - begin])
    return Episode(stream, base, direction, driver, clean, alarm, tuple(chances), ended, log_e, top, over is not None)


def _paths(stream: Stream, parts: Sequence[Part], least: Days, direction: Direction, begin: int) -> Days:
    """log of each part's weighted statistic from the day `begin` on."""
    n = np.stack([part.n[begin:] for part in parts]) / stream.cluster
    s = np.stack([part.s[begin:] for part in parts]) / stream.cluster
    s = s if direction == "down" else n - s
    weights = np.full(len(parts), 1.0 / len(parts))
    if len(parts) > 1 and parts[0].segment.is_whole:
        weights = np.array([0.5, *[0.5 / (len(parts) - 1)] * (len(parts) - 1)])
    most = MOST_A_DAY if stream.measure == "amount" else None
    found: Days = stats.e_shiryaev_roberts_paths(s, n, least[:, begin:], most) + np.log(weights)[:, None]
    return found


def _days(stream: Stream, part: Part, first: int, end: int) -> list[tuple[float, float]]:
    s, n = part.s[first:end] / stream.cluster, part.n[first:end] / stream.cluster
    return list(zip(s.tolist(), n.tolist(), strict=True))


def _ended(stream: Stream, base: Baseline, driver: Part, onset: int, direction: Direction) -> int | None:
    """The day from which the rate is back more than half the way, where a second change is sure; else None."""
    days = _days(stream, driver, onset, stream.days)
    if len(days) < 2:
        return None
    chances = stats.changepoint_posterior(days)
    if chances[0] >= RECOVERED:
        return None
    after = likeliest(chances)
    before = base.counts(driver)
    usual, bad, now = (_rate(*each) for each in (before, _sum(days[:after]), _sum(days[after:])))
    if usual is None or bad is None or now is None:
        return None
    back = (now - bad) * (1 if direction == "down" else -1) > abs(usual - bad) / 2
    return onset + after if back else None


def _sum(days: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(s for s, _ in days), sum(n for _, n in days)


def _rate(s: float, n: float) -> float | None:
    return s / n if n > 0 else None


def _evidence(mixed: Days, begin: int, alarm: int, ended: int | None, budget: Budget) -> float:
    """log of an e-value: M at a stopping time of at most D days, over D, since M_d − d falls on average.

    The time is the first day from the alarm on that would stand in the feed alone, else the end, else today.
    """
    enough = np.log(budget.threshold / FEED_RATE)
    last = len(mixed) - 1 if ended is None else max(alarm, ended - begin - 1)
    over = np.flatnonzero(mixed[alarm : last + 1] >= enough)
    stop = alarm + int(over[0]) if len(over) else last
    return float(mixed[stop] - np.log(max(BUDGET_DAYS, len(mixed) + begin)))
