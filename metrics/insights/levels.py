"""A level that lasts: a target missed week after week, and surely so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

from metrics import stats, units
from metrics.catalogue import kpi_named
from metrics.effects.model import Direction
from metrics.insights.context import EVERYTHING, Context
from metrics.insights.finding import new_id
from metrics.insights.model import Because, Gate, Insight, KnownBy, Onset, Reading, Segment, Worth
from metrics.insights.worth import worth_of
from metrics.model import Query, Value
from metrics.parts import Row
from metrics.run import run

LEAST_WEEKS = 3
WEEKS_LOOKED_AT = 8
IN_FORCE = """SELECT agent_id, kpi, target, limit_kind FROM targets
WHERE valid_from <= $day AND (valid_to IS NULL OR valid_to > $day) ORDER BY ALL"""


@dataclass(frozen=True)
class Missed:
    """A target that was missed for `weeks` complete weeks up to now; `value` is that of the last three together."""

    agent_id: str
    kpi: str
    target: float
    limit_kind: str
    weeks: int
    value: Value
    monday: date


def levels(context: Context) -> list[Insight]:
    """One insight for every target that is surely missed."""
    rows = context.published.rows(IN_FORCE, {"day": context.end - timedelta(days=1)})
    wanted: dict[str, list[Row]] = {}
    for row in rows:
        if not context.looks_at(row["agent_id"]):
            continue
        wanted.setdefault(row["kpi"], []).append(row)
    return [_insight(context, found) for kpi in sorted(wanted) for found in missed(context, kpi, wanted[kpi])]


def missed(context: Context, kpi: str, targets: Sequence[Row]) -> Iterable[Missed]:
    """The targets of one KPI that three weeks surely miss together, and each week up to now by its value."""
    monday = context.end - timedelta(days=context.end.weekday())
    start = monday - timedelta(weeks=WEEKS_LOOKED_AT)
    part = kpi_named(kpi, context.published).headline
    agents = tuple(sorted({row["agent_id"] for row in targets}))
    weeks_of = Query(start, monday, by="week", group=("agent",), agents=agents)
    weekly = _by_agent(run(context.published, kpi, weeks_of, EVERYTHING), part)
    recent = Query(monday - timedelta(weeks=LEAST_WEEKS), monday, group=("agent",), agents=agents)
    lately = _by_agent(run(context.published, kpi, recent, EVERYTHING), part)
    for row in targets:
        agent, target, kind = row["agent_id"], float(row["target"]), row["limit_kind"]
        whole = lately.get(agent, [None])[0]
        if whole is None or whole.state != "ok" or not _surely(whole, target, kind):
            continue
        weeks = _weeks(weekly.get(agent, []), target, kind, monday)
        if weeks >= LEAST_WEEKS:
            yield Missed(agent, kpi, target, kind, weeks, whole, monday)


def _by_agent(values: Iterable[Value], part: str) -> Mapping[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for value in values:
        if value.agent_id is not None and value.slice == part:
            found.setdefault(value.agent_id, []).append(value)
    return found


def _misses(value: float, target: float, kind: str) -> bool:
    return value < target if kind == "min" else value > target


def _surely(value: Value, target: float, kind: str) -> bool:
    """Whether even the better end of the interval misses."""
    end = value.high if kind == "min" else value.low
    return value.value is not None and end is not None and _misses(end, target, kind)


def _weeks(values: Sequence[Value], target: float, kind: str, monday: date) -> int:
    """How many weeks in a row up to `monday` miss; a week without work ends the row."""
    known = {value.start: value.value for value in values}
    weeks = 0
    while (value := known.get(monday - timedelta(weeks=weeks + 1))) is not None and _misses(value, target, kind):
        weeks += 1
    return weeks


def e_of(value: Value, target: float) -> float:
    """An e-value from the interval of a look fixed beforehand: 0.5/√p is one of any p-value (Vovk and Wang)."""
    if value.value is None or value.low is None or value.high is None or value.high <= value.low:
        return 1.0
    distance = abs(value.value - target) / ((value.high - value.low) / 2) * stats.Z_95
    chance = max(1e-300, NormalDist().cdf(-distance))
    return float(0.5 / chance**0.5)


def _insight(context: Context, found: Missed) -> Insight:
    value, weeks = found.value, found.weeks
    direction: Direction = "down" if found.limit_kind == "min" else "up"
    first = found.monday - timedelta(weeks=weeks)
    target = Reading(first, found.monday, found.target, found.target, found.target, 0, value.unit)
    now = Reading(value.start, value.end, value.value, value.low, value.high, value.n, value.unit)
    signature = "|".join((found.agent_id, found.kpi, direction, "target"))
    word = "target" if found.limit_kind == "min" else "limit"
    return Insight(
        id=new_id(signature, None),
        agent_id=found.agent_id,
        kpi=found.kpi,
        direction=direction,
        kind="level",
        state="open",
        verdict="worse",
        segment=Segment(),
        before=target,
        after=now,
        onset=Onset(first, 1.0, first, first, first, first, 0.0, found.monday),
        ended_on=None,
        e_value=e_of(value, found.target),
        grade="D",
        because=Because(f"The {word} of the contract was missed in each of the last {weeks} complete weeks."),
        worth=_worth(context, found, target, now),
        known_by=KnownBy(0, None),
        gates=(
            Gate("weeks in a row", True, str(weeks), str(LEAST_WEEKS)),
            _sure_gate(found),
        ),
        signature=signature,
    )


def _sure_gate(found: Missed) -> Gate:
    """Even the better end of the interval has to miss."""
    value, low = found.value, found.limit_kind == "min"
    best = units.text(value.high if low else value.low, value.unit)
    limit = units.text(found.target, value.unit)
    return Gate("surely missed", True, f"at best {best}", f"{'below' if low else 'above'} {limit}")


def _worth(context: Context, found: Missed, target: Reading, now: Reading) -> Worth:
    facts = context.facts[found.agent_id]
    if found.kpi != "cost_per_success":
        return worth_of(found.kpi, facts, target, now)
    denominator = found.value.denominator or 0.0
    successes = denominator / (7 * LEAST_WEEKS) * 30
    value, low, high = (((each or 0.0) - found.target) * successes for each in (now.value, now.low, now.high))
    return Worth(value, low, high, successes, f"{units.grouped(successes)} good results a month")
