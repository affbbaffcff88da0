"""What stopped: an agent that does nothing more, or work of which a number tells nothing more.

Streams see cases; where there are none they say nothing, be it that nothing happens or that nobody tells. A zero where
there never was one is a finding about data, never good news.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from metrics import drill, stats
from metrics.catalogue import Kpi, published_kpis
from metrics.insights.cards import evidence
from metrics.insights.context import EVERYTHING, Context
from metrics.insights.finding import MOST_E, new_id
from metrics.insights.model import Because, Gate, Insight, KnownBy, Onset, Reading, Segment, Worth
from metrics.insights.streams import BASE_DAYS, Stream, lookback
from metrics.insights.watch import BUDGET_DAYS
from metrics.insights.watched import watched
from metrics.parts import Row

LEAST_DAYS = 2
LEAST_WORKED = 10
LONGER_THAN_USUAL = 2
# The share of calls with a price is a stream of its own, and a sum has no evidence of its own.
NOT_ASKED = frozenset({"cost_per_task", "spend", "task_volume"})
# What is told of by records that come after the work, and by whom; where nothing is said, by reported outcomes.
LATE = frozenset({"outcome_events", "outcome_files", "evaluations", "evaluators"})
JUDGED_BY = {
    "accuracy": ("outcome", "human"),
    "calibration": ("outcome", "human"),
    "escalation_precision": ("human",),
    "judge_agreement": ("human", "judge"),
    "judge_score": ("judge",),
}


def untold(context: Context) -> list[Insight]:
    """One insight for every KPI of an agent that works on and of which nothing is told any more."""
    kpis = _kpis(context)
    first = lookback(context.end - timedelta(days=1))
    rows = drill.rows(
        context.published, "insight_silence", EVERYTHING, context.looked_at(), kpis=list(kpis), base=BASE_DAYS,
        **{"from": first, "to": context.end},
    )  # fmt: skip
    made = (_untold(context, kpis[row["kpi"]], row) for row in rows if row["agent_id"] in context.facts)
    return [each for each in made if each is not None]


def _kpis(context: Context) -> dict[str, Kpi]:
    """The KPIs that say what of their cases they are told."""
    every = watched(published_kpis(context.published).values(), "rate", "exceeding")
    return {kpi.id: kpi for kpi in every if kpi.evidence and kpi.id not in NOT_ASKED}


def asked(context: Context) -> int:
    """How many agents and numbers of agents may stop: the family that shares its promise."""
    return max(1, len(context.facts) * (1 + len(_kpis(context))))


def _untold(context: Context, kpi: Kpi, row: Row) -> Insight | None:
    """The insight of a row of `insight_silence`; None where labels may still come or pauses like it are usual."""
    young = _young(context, row["agent_id"], kpi)
    days, cases = _until(row, context.end - timedelta(days=young))
    usual = max(LEAST_DAYS - 1, LONGER_THAN_USUAL * row["dark_days"])
    if len(days) <= usual or cases <= LONGER_THAN_USUAL * row["dark_cases"]:
        return None
    told, of = row["covered"], row["eligible"]
    e_value = chance_of_none(told, of, cases)
    limits = stats.wilson(told, of)
    before = Reading(
        row["last_day"] - timedelta(days=BASE_DAYS - 1), days[0], told / of,
        None if limits is None else limits.lo, None if limits is None else limits.hi, round(of), "ratio",
    )  # fmt: skip
    after = Reading(days[0], context.end, 0.0, 0.0, 1 - 0.05 ** (1 / cases), round(cases), "ratio")
    because = (
        f"Of {cases:.0f} cases since then nothing is told, where it was {100 * told / of:.0f} in 100 ({kpi.evidence}). "
        f"That says nothing of the work. It comes from {' or '.join(kpi.sources)}."
    )
    gates = (
        Gate("longer than any pause", True, _pause(len(days), "day"), f"more than {_pause(usual, 'day')}"),
        _unlikely(context, e_value),
    )
    return _insight(context, row["agent_id"], kpi.id, (before, after), e_value, because, gates)


def _young(context: Context, agent: str, kpi: Kpi) -> int:
    """At how many days at the end what tells of a KPI may still be to come."""
    if not LATE & set(kpi.sources):
        return 0
    lags = context.outside.lags
    if kpi.own:
        return lags.longest(agent)
    return max(lags.of_kind(agent, kind) for kind in JUDGED_BY.get(kpi.id, ("outcome",)))


def _until(row: Row, end: date) -> tuple[list[date], float]:
    """The days since the last that was told of, without those of which labels are still to come, and their cases."""
    kept = [(day, cases) for day, cases in zip(row["days"], row["cases"], strict=True) if day < end]
    return [day for day, _ in kept], math.fsum(cases for _, cases in kept)


def chance_of_none(told: float, of: float, cases: float) -> float:
    """An e-value against "as many are told of as before", after none of so many cases."""
    bound = stats.wilson(told, of)
    low = 0.0 if bound is None else bound.lo
    return min(MOST_E, math.exp(min(690.0, -cases * math.log1p(-min(low, 1 - 1e-12)))))


def idle(context: Context) -> list[Insight]:
    """One insight for every agent that has done nothing for longer than its pauses and weekdays allow."""
    found = []
    for agent in sorted(context.looked_at()):
        stream = context.by_name.get((agent, "drift:task_type"))
        made = None if stream is None else _idle(context, stream)
        if made is not None:
            found.append(made)
    return found


def _idle(context: Context, stream: Stream) -> Insight | None:
    worked = [place for place in range(stream.days) if stream.whole.n[place]]
    quiet = [place for place in range(worked[-1] + 1, stream.days) if stream.day(place) not in context.outside.unread]
    pause = max((after - before - 1 for before, after in pairwise(worked)), default=0)
    usual = max(LEAST_DAYS, LONGER_THAN_USUAL * pause)
    if len(worked) < LEAST_WORKED or len(quiet) <= usual:
        return None
    e_value = _chance_of_quiet(stream, worked, quiet)
    base = [place for place in worked if place > worked[-1] - BASE_DAYS]
    tasks = float(stream.whole.n[base].sum())
    began = stream.day(worked[-1] - BASE_DAYS + 1)
    before = Reading(began, stream.day(quiet[0]), tasks / BASE_DAYS, None, None, BASE_DAYS, "count", "day")
    after = Reading(stream.day(quiet[0]), context.end, 0.0, 0.0, None, len(quiet), "count", "day")
    because = (
        f"Not one task in {_pause(len(quiet), 'day')}; the longest pause before had {_pause(pause, 'day')}. "
        "Either it is not used any more, or its telemetry does not arrive."
    )
    gates = (
        Gate("longer than any pause", True, _pause(len(quiet), "day"), f"more than {_pause(usual, 'day')}"),
        _unlikely(context, e_value),
    )
    return _insight(context, stream.agent_id, "task_volume", (before, after), e_value, because, gates)


def _chance_of_quiet(stream: Stream, worked: Sequence[int], quiet: Sequence[int]) -> float:
    """An e-value against "it works on its weekdays as before", after so many days without work."""
    weekday = [(stream.first_day.weekday() + place) % 7 for place in range(stream.days)]
    log_e = 0.0
    for place in quiet:
        alike = [day for day in range(worked[-1] + 1) if weekday[day] == weekday[place]]
        bound = stats.wilson(sum(1.0 for day in alike if stream.whole.n[day]), float(len(alike)))
        log_e -= math.log1p(-(0.0 if bound is None else min(bound.lo, 1 - 1e-12)))
    return min(MOST_E, math.exp(min(690.0, log_e)))


def _unlikely(context: Context, e_value: float) -> Gate:
    """One false finding in 90 days over all that may stop, as for the streams."""
    need = float(asked(context) * BUDGET_DAYS)
    return Gate("unlikely enough", e_value >= need, evidence(e_value), evidence(need))


def _pause(days: int, word: str) -> str:
    return f"{days} {word}{'' if days == 1 else 's'}"


def _insight(
    context: Context, agent: str, kpi: str, sides: tuple[Reading, Reading], e_value: float, because: str,
    gates: tuple[Gate, ...],
) -> Insight:  # fmt: skip
    day, last = sides[1].start, context.end - timedelta(days=1)
    signature = "|".join((agent, kpi, "down", "silent"))
    tasks = context.facts[agent].tasks_month
    return Insight(
        id=new_id(signature, day), agent_id=agent, kpi=kpi, direction="down", kind="data", state="open",
        verdict="unknown", segment=Segment(), before=sides[0], after=sides[1],
        onset=Onset(day, 1.0, day, day, day, day, 0.0, last), ended_on=None, e_value=e_value, grade="D",
        because=Because(because), worth=Worth(None, None, None, tasks, "Not known while the evidence is missing."),
        known_by=KnownBy(0, None), gates=gates, signature=signature,
    )  # fmt: skip
