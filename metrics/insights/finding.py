"""From an alarm to an insight: before and after, since when, why, how sure, what it is worth, what may hold it back."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from metrics import units
from metrics.effects.model import Grade
from metrics.insights.amounts import LEAST_MOVE
from metrics.insights.baseline import LEAST_CASES, MATERIALITY
from metrics.insights.cards import card_of
from metrics.insights.context import Context, counted, reading
from metrics.insights.model import Because, Gate, Insight, Kind, KnownBy, Reading, Verdict, Worth
from metrics.insights.onset import onset_of
from metrics.insights.reasons import because, days_after, days_before
from metrics.insights.says import says_of
from metrics.insights.streams import Stream, tells_of_data
from metrics.insights.sums import TASKS_A_DAY, readings, worth_of_sum
from metrics.insights.watch import Episode, Watched
from metrics.insights.worth import MONTH_DAYS, known_by, worth_of

LEAST_USD_MONTH = 30 / 7
LEAST_SHARE_OF_SPEND = 0.01
MOST_E = 1e300


def insight_of(context: Context, watched: Watched, episode: Episode) -> Insight:
    """The insight of one alarm; what the feed as a whole decides (e-BH, ids, companions) comes later."""
    stream = episode.stream
    onset = onset_of(episode, context.changes)
    begin, end = days_after(context, episode, onset)
    periods = days_before(episode, onset), (begin, end)
    before, after = _sides(context, episode, periods)
    why = because(context, episode, onset, (before, after))
    nothing = _fell_to_nothing(stream, episode, begin, end)
    verdict = "unknown" if nothing else _verdict(stream, episode, why)
    worth = _worth(context, episode, verdict, before, after)
    found = Insight(
        id="",
        agent_id=stream.agent_id,
        kpi=stream.kpi,
        direction=episode.direction,
        kind=_kind(stream, nothing=nothing),
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
        gates=_gates(context, watched, episode, worth, (before, after), periods),
        signature=signature_of(stream, episode),
    )
    return told(context, found)


def _sides(context: Context, episode: Episode, periods: Sequence[tuple[date, date]]) -> tuple[Reading, Reading]:
    """What it was before and is now."""
    if episode.stream.measure == "amount":
        return readings(context, episode.stream, *periods)
    before, after = (reading(context, episode.stream, episode.driver, *days) for days in periods)
    return before, after


def _worth(context: Context, episode: Episode, verdict: Verdict, before: Reading, after: Reading) -> Worth:
    stream, facts = episode.stream, context.facts[episode.stream.agent_id]
    if tells_of_data(stream):
        return Worth(None, None, None, facts.tasks_month, "Not known while the evidence is missing.")
    if stream.measure == "amount":
        return worth_of_sum(stream, before, after, facts.tasks_month)
    if verdict not in ("worse", "better") or stream.measure not in ("rate", "exceeding"):
        return Worth(None, None, None, facts.tasks_month, "This moves no money by itself.")
    share = _share(context, episode, after.start, after.end)
    return worth_of(stream.kpi, facts, before, after, share, _cases(episode, after.start, after.end))


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


def _kind(stream: Stream, *, nothing: bool) -> Kind:
    if nothing:
        return "data" if stream.measure == "amount" else "zero"
    return "data" if tells_of_data(stream) else "sudden"


def _fell_to_nothing(stream: Stream, episode: Episode, begin: date, end: date) -> bool:
    """Whether what went wrong now and then (or was done at all) is exactly 0 since: no good news, but no signal.

    Of a part alone it is no such zero: then the signal is there.
    """
    if episode.direction == "up" or stream.measure not in ("rate", "amount") or tells_of_data(stream):
        return False
    if stream.measure == "rate" and stream.better == "higher":
        return False
    days = slice(stream.index(begin), stream.index(end))
    return not stream.whole.s[days].any() and bool(stream.whole.n[days].any())


def _verdict(stream: Stream, episode: Episode, why: Because) -> Verdict:
    if stream.better == "none" or _is_only_more_work(stream, why):
        return "changed"
    return "better" if (stream.better == "higher") == (episode.direction == "up") else "worse"


def _is_only_more_work(stream: Stream, why: Because) -> bool:
    """Whether a sum moved with the number of tasks, and a task costs what it cost: more work is not dearer work."""
    moved = {each.name for each in why.bridge.factors if each.moved} if why.bridge is not None else set()
    return stream.measure == "amount" and moved == {TASKS_A_DAY}


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
    if stream.measure == "amount":
        return KnownBy(0, None)
    days = slice(stream.index(begin), stream.index(end))
    now = float(part.s[days].sum() / stream.cluster), float(part.n[days].sum() / stream.cluster)
    usual = episode.base.counts(part)
    before = usual[0] / stream.cluster, usual[1] / stream.cluster
    return known_by(before, now, (end - begin).days, after)


def _gates(
    context: Context,
    watched: Watched,
    episode: Episode,
    worth: Worth,
    sides: tuple[Reading, Reading],
    periods: Sequence[tuple[date, date]],
) -> tuple[Gate, ...]:
    """The gates of one finding, passed or not, each with what is there and what is needed."""
    stream, part = episode.stream, episode.driver
    cases = episode.base.cases(stream, part)
    found = [
        Gate("cases before", cases >= LEAST_CASES, f"{cases:.0f}", str(LEAST_CASES)),
        Gate("evidence", episode.alarmed, _power(episode.top), _power(math.log(watched.budget.threshold))),
        _size_gate(episode, sides, periods),
    ]
    return (*found, *_money_gate(context, stream, worth))


def _size_gate(episode: Episode, sides: tuple[Reading, Reading], periods: Sequence[tuple[date, date]]) -> Gate:
    """A share has to move by two points, a sum by a fifth of a usual day."""
    stream, base = episode.stream, episode.base
    if stream.measure == "amount":
        usual = base.counts(stream.whole)[0] / (base.end - base.first)
        moved = abs((sides[1].value or 0.0) - (sides[0].value or 0.0)) / usual if usual else 0.0
        return Gate(
            "large enough", moved >= LEAST_MOVE, f"{100 * moved:.0f} % of a usual day", f"{100 * LEAST_MOVE:.0f} %"
        )
    before, after = (counted(stream, episode.driver, *days).value or 0.0 for days in periods)
    moved = abs(after - before)
    return Gate("large enough", moved >= MATERIALITY, f"{100 * moved:.1f} points", f"{100 * MATERIALITY:.0f} points")


def _money_gate(context: Context, stream: Stream, worth: Worth) -> tuple[Gate, ...]:
    """A finding about money has to be worth a dollar a week and a hundredth of the spend."""
    spend = context.facts[stream.agent_id].usd_month
    if stream.kpi != "cost_per_task" or stream.measure != "exceeding" or worth.value is None:
        return ()
    need = max(LEAST_USD_MONTH, LEAST_SHARE_OF_SPEND * (spend or 0.0))
    have, least = units.money(abs(worth.value)), units.money(need)
    return (Gate("worth it", abs(worth.value) >= need, f"{have} a month", f"{least} a month"),)


def _power(log: float) -> str:
    return f"10^{log / math.log(10):.1f}"
