"""From an alarm to an insight: before and after, since when, why, how sure, what it is worth, what may hold it back."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from metrics.effects.model import Grade
from metrics.insights.baseline import LEAST_CASES, MATERIALITY
from metrics.insights.cards import card_of, says_of
from metrics.insights.context import Context, counted, reading
from metrics.insights.model import Because, Gate, Insight, Kind, KnownBy, Reading, Verdict, Worth
from metrics.insights.onset import onset_of
from metrics.insights.reasons import because, days_after, days_before
from metrics.insights.streams import Stream
from metrics.insights.watch import Episode, Watched
from metrics.insights.worth import MONTH_DAYS, known_by, worth_of

LEAST_USD_MONTH = 30 / 7
LEAST_SHARE_OF_SPEND = 0.01
TELLS_OF_DATA = frozenset({"label_coverage"})
MOST_E = 1e300


def insight_of(context: Context, watched: Watched, episode: Episode) -> Insight:
    """The insight of one alarm; what the feed as a whole decides (e-BH, ids, companions) comes later."""
    stream = episode.stream
    onset = onset_of(episode, context.changes)
    why = because(context, episode, onset)
    begin, end = days_after(context, episode, onset)
    before, after = (
        reading(context, stream, episode.driver, *days) for days in (days_before(episode, onset), (begin, end))
    )
    facts = context.facts[stream.agent_id]
    verdict = _verdict(stream, episode)
    worth = (
        worth_of(stream.kpi, facts, before, after, _share(context, episode, begin, end), _cases(episode, begin, end))
        if verdict in ("worse", "better") and stream.measure in ("rate", "exceeding")
        else Worth(None, None, None, facts.tasks_month, "This moves no money by itself.")
    )
    found = Insight(
        id="",
        agent_id=stream.agent_id,
        kpi=stream.kpi,
        direction=episode.direction,
        kind=_kind(stream),
        state="open" if episode.ended is None else "over",
        verdict=verdict,
        segment=episode.driver.segment,
        before=before,
        after=after,
        onset=onset,
        ended_on=None if episode.ended is None else stream.day(episode.ended),
        e_value=min(MOST_E, math.exp(min(690.0, episode.log_e))),
        grade=_grade(why),
        because=why,
        worth=worth,
        known_by=_known_by(episode, begin, end, after),
        gates=_gates(context, watched, episode, worth, (days_before(episode, onset), (begin, end))),
        signature=signature_of(stream, episode),
    )
    return told(context, found)


def told(context: Context, insight: Insight) -> Insight:
    """The insight with its words."""
    insight = replace(insight, because=replace(insight.because, says=says_of(insight)))
    return replace(insight, card=card_of(insight, context.facts[insight.agent_id].name))


def signature_of(stream: Stream, episode: Episode) -> str:
    """What stays the same when the same thing happens again: agent, number, direction and part."""
    segment = episode.driver.segment
    return "|".join((stream.agent_id, stream.name, episode.direction, segment.dimension, segment.value))


def new_id(signature: str, onset: date | None) -> str:
    """A short id: of the signature and of the day on which it was first seen to begin."""
    return hashlib.sha256(f"{signature}|{onset}".encode()).hexdigest()[:12]


def _kind(stream: Stream) -> Kind:
    return "data" if stream.measure == "coverage" or stream.kpi in TELLS_OF_DATA else "sudden"


def _verdict(stream: Stream, episode: Episode) -> Verdict:
    if stream.better == "none":
        return "changed"
    return "better" if (stream.better == "higher") == (episode.direction == "up") else "worse"


def _grade(why: Because) -> Grade:
    if why.control is not None and not why.control.platform_wide and (why.control.low > 0 or why.control.high < 0):
        return "B"
    return "C" if why.mix is not None else "D"


def _cases(episode: Episode, begin: date, end: date) -> float:
    """How many cases a month the moved part counts at its pace since the change."""
    stream = episode.stream
    days = slice(stream.index(begin), stream.index(end))
    return float(episode.driver.n[days].sum()) / stream.cluster / max(1, (end - begin).days) * MONTH_DAYS


def _share(context: Context, episode: Episode, begin: date, end: date) -> float:
    """The part of the agent's tasks that moved: those of the kind of task it sits in, else all."""
    segment = episode.driver.segment
    kinds = context.by_name.get((episode.stream.agent_id, "drift:task_type"))
    if segment.dimension != "task_type" or kinds is None:
        return 1.0
    part = next((each for each in kinds.parts if each.segment == segment), None)
    days = slice(max(0, kinds.index(begin)), max(0, kinds.index(end)))
    total = float(kinds.whole.n[days].sum())
    return 1.0 if part is None or not total else float(part.s[days].sum()) / total


def _known_by(episode: Episode, begin: date, end: date, after: Reading) -> KnownBy:
    stream, part = episode.stream, episode.driver
    days = slice(stream.index(begin), stream.index(end))
    now = float(part.s[days].sum() / stream.cluster), float(part.n[days].sum() / stream.cluster)
    usual = episode.base.counts(part)
    before = usual[0] / stream.cluster, usual[1] / stream.cluster
    return known_by(before, now, (end - begin).days, after)


def _gates(
    context: Context, watched: Watched, episode: Episode, worth: Worth, periods: Sequence[tuple[date, date]]
) -> tuple[Gate, ...]:
    """The gates of one finding, passed or not, each with what is there and what is needed."""
    stream, part = episode.stream, episode.driver
    cases = episode.base.counts(part)[1] / stream.cluster
    before, after = (counted(stream, part, *days).value or 0.0 for days in periods)
    found = [
        Gate("cases before", cases >= LEAST_CASES, f"{cases:.0f}", str(LEAST_CASES)),
        Gate("alarm", episode.alarmed, _power(episode.top), _power(math.log(watched.budget.threshold))),
        Gate("large enough", abs(after - before) >= MATERIALITY, f"{100 * abs(after - before):.1f} points",
             f"{100 * MATERIALITY:.0f} points"),
    ]  # fmt: skip
    return (*found, *_money_gate(context, stream, worth))


def _money_gate(context: Context, stream: Stream, worth: Worth) -> tuple[Gate, ...]:
    """A finding about money has to be worth a dollar a week and a hundredth of the spend."""
    spend = context.facts[stream.agent_id].usd_month
    if stream.kpi != "cost_per_task" or stream.measure != "exceeding" or worth.value is None:
        return ()
    need = max(LEAST_USD_MONTH, LEAST_SHARE_OF_SPEND * (spend or 0.0))
    return (Gate("worth it", abs(worth.value) >= need, f"${abs(worth.value):.2f} a month", f"${need:.2f} a month"),)


def _power(log: float) -> str:
    return f"evidence 10^{log / math.log(10):.1f}"
