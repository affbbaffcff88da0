"""Every KPI of every agent as a stream of cases between 0 and 1, day by day: s of n.

Rates are streams already. A duration or a cost becomes "more than the 95th percentile of the first 28 days"; a share of
work (kind of task, model) becomes one stream for each value. A stream is a whole and its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metrics import drill
from metrics.catalogue import Kpi, published_kpis
from metrics.drill import UNATTRIBUTED
from metrics.insights.model import Segment
from metrics.model import Access
from metrics.parts import Row
from sql.published import Published

Days = NDArray[np.float64]
Measure = Literal["rate", "exceeding", "share", "coverage"]
BASE_DAYS = 28
BLOCK_DAYS = 28
BLOCKS = 3
_FIRST_BLOCK = date(2024, 1, 1)
WEIGHTED = ("weighted_ratio", "accuracy")
# Rates that need single tasks (their parts are sums of tokens), of far too few cases (actions of people), or of which
# the newest days always have the most (what still waits).
NOT_A_RATE = frozenset({"cache_hit_rate", "token_mix", "loop_closed", "waiting_handovers"})


@dataclass(frozen=True)
class Part:
    """The whole of a stream or one part of it: s of n on each day of the stream's calendar."""

    segment: Segment
    s: Days
    n: Days
    threshold: float | None = None


@dataclass(frozen=True)
class Stream:
    """One agent's KPI. `cluster` is how many cases come from one task: they fail together and count as one.

    `better` is the KPI's good direction. `first_day` is the day of index 0; the last index is the last mature day.
    """

    agent_id: str
    kpi: str
    measure: Measure
    better: str
    first_day: date
    whole: Part
    parts: tuple[Part, ...] = ()
    cluster: float = 1.0

    @property
    def days(self) -> int:
        """How many calendar days the stream holds."""
        return len(self.whole.n)

    @property
    def name(self) -> str:
        """What tells the stream apart within its agent."""
        dimension = f":{self.whole.segment.dimension}" if self.measure == "share" else ""
        return f"{self.kpi}:coverage" if self.measure == "coverage" else f"{self.kpi}{dimension}"

    def day(self, index: int) -> date:
        """The calendar day of an index."""
        return self.first_day + timedelta(days=index)

    def index(self, day: date) -> int:
        """The index of a calendar day; may lie outside."""
        return (day - self.first_day).days


def lookback(as_of: date) -> date:
    """The first day looked at: 84 to 111 days back, in steps of 28, so that the baseline stays the same for so long.

    What has been otherwise for longer than that is the new normal; only a missed target still speaks of it.
    """
    blocks = (as_of - _FIRST_BLOCK).days // BLOCK_DAYS
    return _FIRST_BLOCK + timedelta(days=BLOCK_DAYS * (blocks - BLOCKS))


def read_streams(published: Published, access: Access, end: date, agents: Sequence[str] | None = None) -> list[Stream]:
    """All streams up to the day before `end`, in a fixed order. `agents` narrows what the viewer may see."""
    kpis = published_kpis(published)
    rates = [kpi for kpi in kpis.values() if kpi.kind in ("ratio", *WEIGHTED) and kpi.id not in NOT_A_RATE]
    sliced = [kpi.id for kpi in rates if _has_parts(kpi)]
    weighted = [kpi.id for kpi in rates if kpi.kind in WEIGHTED]
    span = {"from": lookback(end - timedelta(days=1)), "to": end}
    rows = [
        *drill.rows(
            published,
            "insight_rates",
            access,
            agents,
            kpis=[kpi.id for kpi in rates],
            sliced=sliced,
            weighted=weighted,
            **span,
        ),
        *drill.rows(published, "insight_tasks", access, agents, base=BASE_DAYS, **span),
        *drill.rows(published, "insight_durations", access, agents, base=BASE_DAYS, **span),
        *drill.rows(published, "insight_shares", access, agents, **span),
    ]
    return streams_of([row for row in rows if row["agent_id"] != UNATTRIBUTED], kpis, end)


def _has_parts(kpi: Kpi) -> bool:
    """Whether its slices are parts of it: every one has its own n on every day; those of an accuracy are estimates."""
    if kpi.kind == "accuracy" or not kpi.slices:
        return False
    return kpi.slice_denominator == "own" or kpi.id == "label_coverage"


def streams_of(rows: Iterable[Row], kpis: dict[str, Kpi], end: date) -> list[Stream]:
    """The streams in rows of the four queries."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        dimension = row["dimension"] if row["kpi"] == "drift" else ""
        groups.setdefault((row["agent_id"], row["kpi"], dimension), []).append(row)
    made = [_stream(key, group, kpis, end) for key, group in sorted(groups.items())]
    return _with_clusters([stream for stream in made if stream is not None])


def _stream(key: tuple[str, str, str], rows: list[Row], kpis: dict[str, Kpi], end: date) -> Stream | None:
    agent_id, kpi, dimension = key
    whole = next((row for row in rows if not row["dimension"]), rows[0] if dimension else None)
    first = min((row["days"][0] for row in rows), default=end)
    if whole is None or first >= end:
        return None
    days = (end - first).days
    measure = _measure(kpi, kpis)
    head = _part(whole, first, days, kpis.get(kpi))
    if dimension:
        head = Part(Segment(dimension), head.n, head.n)
    parts = [_part(row, first, days, kpis.get(kpi)) for row in rows if row["dimension"]]
    kept = tuple(part for part in parts if dimension or not _same(part, head))
    known = kpis.get(kpi)
    return Stream(
        agent_id,
        "cost_per_task" if measure == "coverage" else kpi,
        measure,
        "higher" if measure == "coverage" else "none" if measure == "share" else known.better if known else "none",
        first,
        head,
        kept,
        _cluster(whole),
    )


def _same(part: Part, whole: Part) -> bool:
    """Whether a part is all there is: one kind of task, one model."""
    return np.array_equal(part.n, whole.n) and np.array_equal(part.s, whole.s)


def _measure(kpi: str, kpis: dict[str, Kpi]) -> Measure:
    if kpi == "price_coverage":
        return "coverage"
    if kpi == "drift":
        return "share"
    return "exceeding" if kpi in kpis and kpis[kpi].unit in ("ms", "usd") else "rate"


def _part(row: Row, first: date, days: int, kpi: Kpi | None) -> Part:
    s, n = np.zeros(days), np.zeros(days)
    places = np.array([(day - first).days for day in row["days"]])
    s[places], n[places] = row["s"], row["n"]
    dimension = row["dimension"]
    if dimension == "slice":
        dimension = kpi.slices if kpi is not None and kpi.slices else "slice"
    return Part(Segment(dimension, row["value"] or ""), np.minimum(s, n), n, row["threshold"])


def _cluster(row: Row) -> float:
    """The size of the cluster that a case is in, on average over cases: Σn²/Σn."""
    squares = [each for each in row["squares"] if each is not None]
    if not squares:
        return 1.0
    return max(1.0, float(sum(squares)) / float(sum(row["n"])))


def _with_clusters(streams: list[Stream]) -> list[Stream]:
    """Durations of calls come in the clusters that their calls come in."""
    sizes = {(stream.agent_id, stream.kpi): stream.cluster for stream in streams}
    of_calls = {"model_latency": "error_rate", "time_to_first_token": "error_rate", "tool_latency": "tool_reliability"}
    return [
        stream
        if stream.kpi not in of_calls
        else Stream(**{**stream.__dict__, "cluster": sizes.get((stream.agent_id, of_calls[stream.kpi]), 1.0)})
        for stream in streams
    ]
