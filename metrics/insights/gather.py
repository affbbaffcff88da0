"""The streams of a published file: daily parts, durations, single tasks, shares of work and sums."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from metrics import drill
from metrics.catalogue import Kpi, published_kpis
from metrics.drill import UNATTRIBUTED
from metrics.insights.amounts import in_slots
from metrics.insights.lags import Lags, read_lags
from metrics.insights.model import Segment
from metrics.insights.streams import BASE_DAYS, Days, Measure, Part, Stream, lookback
from metrics.insights.watched import PART_OF, watched, way_of
from metrics.model import Access
from metrics.parts import Row
from metrics.states import read_freshness
from sql.published import Published

# Of so many cases one lies above their 95th percentile with 95 % chance (Wilks); fewer of a kind have no limit.
ENOUGH_FOR_A_LIMIT = 59
# Its daily parts are sums of tokens; `insight_tasks` tells it of single tasks.
FROM_TASKS = frozenset({"cache_hit_rate"})
TASKS = FROM_TASKS | {"cost_per_task"}
# The KPI whose cases say in what clusters the calls of a duration come.
CLUSTER_OF = {"model_latency": "error_rate", "time_to_first_token": "error_rate", "tool_latency": "tool_reliability"}
# Kinds of KPI whose slices each count their own cases.
SLICED = frozenset({"ratio", "weighted_ratio", "agreement"})


@dataclass(frozen=True)
class Outside:
    """What daily parts do not say: which days were not read whole, and of which days labels are still to come."""

    unread: frozenset[date] = frozenset()
    lags: Lags = field(default_factory=lambda: Lags({}))

    @classmethod
    def read(cls, published: Published, access: Access, end: date, agents: Sequence[str] | None = None) -> Outside:
        """Of the days looked at."""
        first = lookback(end - timedelta(days=1))
        gaps = drill.rows(published, "insight_gaps", access, None, **{"from": first, "to": end})
        unread = unread_days(gaps, read_freshness(published).zone)
        return cls(unread, read_lags(published, access, agents, first, end))


def read_streams(
    published: Published,
    access: Access,
    end: date,
    outside: Outside,
    agents: Sequence[str] | None = None,
    only: Collection[str] | None = None,
) -> list[Stream]:
    """All streams up to the day before `end`, in a fixed order; of some agents or KPIs alone where these are given."""
    kpis = {kpi.id: kpi for kpi in published_kpis(published).values() if only is None or kpi.id in only}
    span = {"from": lookback(end - timedelta(days=1)), "to": end}
    limits = {"base": BASE_DAYS, "enough": ENOUGH_FOR_A_LIMIT}
    rates = [kpi for kpi in watched(kpis.values(), "rate", "part") if kpi.id not in FROM_TASKS]
    names = {
        "kpis": [kpi.id for kpi in rates],
        "forms": [kpi.kind for kpi in rates],
        "sliced": [kpi.id for kpi in rates if _has_parts(kpi)],
    }
    timed, summed = ([kpi.id for kpi in watched(kpis.values(), way)] for way in ("exceeding", "amount"))
    rows = [
        *drill.rows(published, "insight_rates", access, agents, **names, **span),
        *(drill.rows(published, "insight_tasks", access, agents, **limits, **span) if kpis.keys() & TASKS else ()),
        *drill.rows(published, "insight_durations", access, agents, kpis=timed, **limits, **span),
        *(drill.rows(published, "insight_shares", access, agents, **span) if "drift" in kpis else ()),
        *drill.rows(published, "insight_amounts", access, agents, kpis=summed, **span),
    ]
    return streams_of([row for row in rows if row["agent_id"] != UNATTRIBUTED], kpis, end, outside)


def _has_parts(kpi: Kpi) -> bool:
    """Whether its slices are parts of it: every one has its own n on every day."""
    return kpi.kind in SLICED and bool(kpi.slices) and (kpi.slice_denominator == "own" or kpi.id == "label_coverage")


def unread_days(rows: Iterable[Row], zone: ZoneInfo) -> frozenset[date]:
    """The calendar days in rows of `insight_gaps`: what a sum lacks on them nobody can say."""
    found: set[date] = set()
    for row in rows:
        first, last = (_local(each, zone) for each in (row["from_at"], row["to_at"] - timedelta(microseconds=1)))
        found |= {first + timedelta(days=count) for count in range((last - first).days + 1)}
    return frozenset(found)


def _local(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def streams_of(rows: Iterable[Row], kpis: dict[str, Kpi], end: date, outside: Outside) -> list[Stream]:
    """The streams in rows of the five queries."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for given in rows:
        row = _as_part(given)
        if row is not None:
            dimension = row["dimension"] if row["kpi"] == "drift" else ""
            groups.setdefault((row["agent_id"], row["kpi"], dimension), []).append(row)
    made = [_stream(key, group, kpis, end, outside) for key, group in sorted(groups.items())]
    return _with_clusters([stream for stream in made if stream is not None])


def _without_young(stream: Stream, lags: Lags) -> Stream:
    """The share of judged tasks without the last days, whose labels are still to come: too few is not less."""
    if stream.kpi != "label_coverage":
        return stream
    usual = lags.usual(stream.agent_id)
    parts = tuple(_cut(part, _young(stream.agent_id, part, lags, usual)) for part in stream.parts)
    return replace(stream, whole=_cut(stream.whole, usual), parts=parts)


def _young(agent_id: str, part: Part, lags: Lags, usual: int) -> int:
    return lags.of_kind(agent_id, part.segment.value) if part.segment.dimension == "label kind" else usual


def _cut(part: Part, days: int) -> Part:
    if not days:
        return part
    s, n = part.s.copy(), part.n.copy()
    s[-days:] = n[-days:] = 0.0
    return replace(part, s=s, n=n)


def _as_part(row: Row) -> Row | None:
    """A row of a KPI that is a part of another one's stream, as that part; its own parts are not watched."""
    if row["kpi"] not in PART_OF:
        return row
    kpi, name = PART_OF[row["kpi"]]
    return None if row["dimension"] else {**row, "kpi": kpi, "dimension": "kind", "value": name}


def _stream(
    key: tuple[str, str, str], rows: list[Row], kpis: dict[str, Kpi], end: date, outside: Outside
) -> Stream | None:
    agent_id, kpi, dimension = key
    whole = next((row for row in rows if not row["dimension"]), rows[0] if dimension else None)
    first = min((row["days"][0] for row in rows), default=end)
    if whole is None or first >= end:
        return None
    measure, days, known = _measure(kpi, kpis), (end - first).days, kpis.get(kpi)
    if measure == "amount":
        return _amount(whole, first, days, kpis[kpi], outside.unread)
    head = _part(whole, first, days, known)
    if dimension:
        head = Part(Segment(dimension), head.n, head.n)
    parts = [_part(row, first, days, known) for row in rows if row["dimension"]]
    kept = tuple(part for part in parts if dimension or not _same(part, head))
    if measure == "coverage":
        return Stream(agent_id, "cost_per_task", measure, "higher", first, head, kept, _cluster(whole))
    better = "none" if measure == "share" or known is None else known.better
    made = Stream(agent_id, kpi, measure, better, first, head, kept, _cluster(whole))
    return _without_young(made, outside.lags)


def _same(part: Part, whole: Part) -> bool:
    """Whether a part is all there is: one kind of task, one model."""
    return np.array_equal(part.n, whole.n) and np.array_equal(part.s, whole.s)


def _measure(kpi: str, kpis: dict[str, Kpi]) -> Measure:
    if kpi == "price_coverage":
        return "coverage"
    way = way_of(kpis[kpi]) if kpi in kpis else None
    return way if way in ("exceeding", "share", "amount") else "rate"


def _part(row: Row, first: date, days: int, kpi: Kpi | None) -> Part:
    s, n = _placed(row, "s", first, days), _placed(row, "n", first, days)
    dimension = row["dimension"]
    if dimension == "slice":
        dimension = kpi.slices if kpi is not None and kpi.slices else "slice"
    return Part(Segment(dimension, row["value"] or ""), np.minimum(s, n), n, row["threshold"])


def _placed(row: Row, name: str, first: date, days: int) -> Days:
    """A list of a row on the calendar of its stream."""
    found = np.zeros(days)
    found[np.array([(day - first).days for day in row["days"]])] = row[name]
    return found


def _amount(row: Row, first: date, days: int, kpi: Kpi, unread: frozenset[date]) -> Stream:
    """A sum: a day without a row had none of it, unless it was not read or too little of it has a known amount."""
    units, known = _placed(row, "s", first, days), np.ones(days)
    known[[place for place in range(days) if first + timedelta(days=place) in unread]] = 0.0
    for day, share in zip(row["days"], row["known"], strict=True):
        known[(day - first).days] *= share >= kpi.minimum_coverage
    whole = Part(Segment(), units, known)
    bare = Stream(row["agent_id"], kpi.id, "amount", kpi.better, first, whole, least=_least(kpi))
    return in_slots(bare, slice(0, BASE_DAYS), robust=True)


def _least(kpi: Kpi) -> float:
    """The least units that make a case: one of what is counted; of money there is no such thing."""
    return 1.0 if kpi.unit == "count" else 0.0


def _cluster(row: Row) -> float:
    """The size of the cluster that a case is in, on average over cases: Σn²/Σn."""
    squares = [each for each in row["squares"] if each is not None]
    if not squares:
        return 1.0
    return max(1.0, float(sum(squares)) / float(sum(row["n"])))


def _with_clusters(streams: list[Stream]) -> list[Stream]:
    """Durations of calls come in the clusters that their calls come in."""
    sizes = {(stream.agent_id, stream.kpi): stream.cluster for stream in streams}
    return [
        replace(stream, cluster=sizes.get((stream.agent_id, CLUSTER_OF[stream.kpi]), 1.0))
        if stream.kpi in CLUSTER_OF
        else stream
        for stream in streams
    ]
