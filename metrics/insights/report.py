"""All insights of a published file: detected, explained, kept apart by kind, and ranked by what is surely at stake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from metrics import stats
from metrics.insights.cards import evidence
from metrics.insights.context import EVERYTHING, Context
from metrics.insights.finding import insight_of, new_id, told
from metrics.insights.gather import Outside
from metrics.insights.levels import levels
from metrics.insights.memory import FEED_GATE, Family, digests_of, kept, stale
from metrics.insights.model import Gate, Insight, Report
from metrics.insights.silence import asked, idle, untold
from metrics.insights.watch import FEED_RATE, Watched, watch
from metrics.insights.zeros import zeros
from metrics.run import default_period
from sql.published import Published

SAME_DAYS = 7
TOGETHER_DAYS = 3
# Which finding leads where several begin together: what lies deeper comes first.
LEADS = (
    "accuracy", "success_rate", "leakage", "cost_per_task", "tool_reliability", "error_rate", "drift",
    "task_volume",    "model_latency", "label_coverage", "completion_rate", "escalation_rate",
)  # fmt: skip


def report(published: Published, previous: Report | None = None) -> Report:
    """The insights of a published file.

    `previous` lends the ids of what it has seen already, and whole findings of agents of which nothing changed since.
    """
    end = default_period(published)[1]
    outside = Outside.read(published, EVERYTHING, end)
    digests = digests_of(published, end, outside)
    again = stale(previous, digests)
    if previous is not None and again is not None:
        if not again and digests.keys() == previous.digests.keys():
            return replace(previous, published=published.version)
        context = Context.read(published, end, outside, again, previous.models)
        counted = {agent: count for agent, count in previous.watched.items() if agent not in again}
        watched = watch(context.streams, sum(counted.values()))
        if watched.budget == previous.budget:
            return _told(context, watched, digests, previous)
    context = Context.read(published, end, outside)
    return _told(context, watch(context.streams), digests, previous)


def _told(context: Context, watched: Watched, digests: dict[str, str], previous: Report | None) -> Report:
    """The report of what was looked at, with what `previous` holds of the others."""
    found = [insight_of(context, watched, episode) for episode in watched.episodes]
    sure = _family([*found, *_kept(context, previous, "stream")], watched.budget.streams)
    missed = [*levels(context), *_kept(context, previous, "target")]
    targets = _family(missed, _count(context.published, "SELECT count(*) AS n FROM targets"))
    seen = {(each.agent_id, each.kpi) for each in sure if each.state == "open" and each.verdict == "unknown"}
    doubts = _family(_unseen(zeros(context), seen), max(1, 3 * len(context.facts)))
    silent = [*untold(context), *idle(context), *_kept(context, previous, "silent")]
    stopped = _family(_unseen(silent, seen), asked(context))
    every = [_identified(each, previous) for each in (*sure, *targets, *doubts, *stopped)]
    ranked = sorted((told(context, _state(each)) for each in _grouped(every)), key=_rank)
    others = previous if context.again is not None else None
    return Report(
        context.published.version,
        context.end - timedelta(days=1),
        watched.budget,
        tuple(ranked),
        tuple(sorted((*_not_watched(watched), *_gates_of_others(context, others)), key=lambda gate: gate.name)),
        digests,
        {**(_counts_of_others(context, others)), **watched.counts},
        dict(context.models),
    )


def _kept(context: Context, previous: Report | None, family: Family) -> list[Insight]:
    """What the report before holds of agents that are not looked at again."""
    return [] if context.again is None or previous is None else kept(previous, context.again, family)


def _counts_of_others(context: Context, others: Report | None) -> dict[str, int]:
    return {} if others is None else {agent: n for agent, n in others.watched.items() if not context.looks_at(agent)}


def _gates_of_others(context: Context, others: Report | None) -> tuple[Gate, ...]:
    if others is None:
        return ()
    return tuple(gate for gate in others.not_watched if not context.looks_at(gate.name.partition("|")[0]))


def _unseen(found: Iterable[Insight], seen: set[tuple[str, str]]) -> list[Insight]:
    """Without what a stream has told already, with its day."""
    return [each for each in found if (each.agent_id, each.kpi) not in seen]


def _count(published: Published, query: str) -> int:
    return max(1, int(published.rows(query)[0]["n"]))


def _family(found: Sequence[Insight], size: int) -> list[Insight]:
    """The findings of one family with the gate of the feed: e-BH at 10 %, under any dependence."""
    known = sorted((each.e_value for each in found if each.e_value is not None), reverse=True)
    padded = [*known, *[0.0] * max(0, size - len(known))]
    kept = stats.e_benjamini_hochberg(padded, FEED_RATE)["rejected"]
    least = len(padded) / (max(1, kept) * FEED_RATE)
    return [
        each
        if each.e_value is None
        else replace(
            each, gates=(*each.gates, Gate(FEED_GATE, each.e_value >= least, evidence(each.e_value), evidence(least)))
        )
        for each in found
    ]


def _identified(insight: Insight, previous: Report | None) -> Insight:
    """The id that the same finding had before, else a new one."""
    if insight.onset is None or insight.kind == "level":
        return insight
    day = insight.onset.day
    same = [
        each
        for each in (previous.insights if previous is not None else ())
        if each.signature == insight.signature
        and each.onset is not None
        and abs((each.onset.day - day).days) <= SAME_DAYS
    ]
    return replace(insight, id=same[0].id if same else new_id(insight.signature, day))


def _state(insight: Insight) -> Insight:
    return replace(insight, state="held") if insight.held_by is not None else insight


def _grouped(found: Sequence[Insight]) -> list[Insight]:
    """Findings of one agent that begin together, with the one that leads."""
    leads: list[Insight] = []
    grouped = []
    for insight in sorted(found, key=_lead_order):
        lead = next((each for each in leads if _together(each, insight)), None)
        if lead is None and insight.onset is not None and insight.held_by is None:
            leads.append(insight)
        grouped.append(replace(insight, primary=None if lead is None else lead.id))
    return grouped


def _lead_order(insight: Insight) -> tuple[bool, bool, int, float, str]:
    place = LEADS.index(insight.kpi) if insight.kpi in LEADS else len(LEADS)
    return insight.held_by is not None, insight.kind == "level", place, -(insight.e_value or 0.0), insight.id


def _together(lead: Insight, other: Insight) -> bool:
    if lead.agent_id != other.agent_id or lead.onset is None or other.onset is None or lead.id == other.id:
        return False
    if other.kind == "level" or (lead.kind == "data") != (other.kind == "data"):
        return False
    return abs((lead.onset.day - other.onset.day).days) <= TOGETHER_DAYS


def _rank(insight: Insight) -> tuple[int, bool, bool, float, float, str]:
    """Open before held before over, harm and doubt before what only changed, then by the least money, then by tasks."""
    states = {"open": 0, "held": 1, "over": 2}
    low = insight.worth.low if insight.verdict == "worse" else None
    calm = insight.verdict not in ("worse", "unknown")
    return (states[insight.state], calm, low is None, -(low or 0.0), -insight.worth.tasks, insight.id)


def _not_watched(watched: Watched) -> tuple[Gate, ...]:
    """Streams that no detector can watch yet, each with what is needed."""
    return tuple(_named(stream.agent_id, stream.name, gate) for stream, gate in watched.not_watched)


def _named(agent_id: str, name: str, gate: Gate) -> Gate:
    return replace(gate, name=f"{agent_id}|{name}|{gate.name}")


def lead_insights(insights: Iterable[Insight]) -> list[Insight]:
    """The findings that lead, in order: the others go with one of them."""
    return [each for each in insights if each.primary is None]
