"""A zero that is too good: nothing where others, or the agent's own confidence, say that there should be something."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from metrics import stats, units
from metrics.insights.cards import evidence
from metrics.insights.context import EVERYTHING, Context
from metrics.insights.finding import MOST_E, new_id
from metrics.insights.model import Because, Gate, Insight, KnownBy, Reading, Segment, Worth
from metrics.insights.watch import NEAR
from metrics.insights.worth import FACTS_DAYS
from metrics.model import Query, Value
from metrics.run import run

WATCHED = ("escalation_rate", "error_rate", "guardrail_intervention_rate")
LEAST_E = 1000


def zeros(context: Context) -> list[Insight]:
    """One insight for every zero that the other agents' rate makes unlikely, or that low confidence contradicts."""
    found = []
    unsure = {value.agent_id: value for value in _values(context, "leakage") if value.numerator}
    for kpi in WATCHED:
        values = {value.agent_id or "": value for value in _values(context, kpi) if value.agent_id in context.facts}
        for agent, value in sorted(values.items()):
            if value.numerator == 0 and value.denominator:
                others = _usual(other for name, other in values.items() if name != agent)
                leaked = unsure.get(agent) if kpi == "escalation_rate" else None
                found.append(_insight(context, value, others, leaked))
    return [each for each in found if each.held_by is None or (each.e_value or 0.0) >= NEAR * LEAST_E]


def _values(context: Context, kpi: str) -> list[Value]:
    query = Query(context.end - timedelta(days=FACTS_DAYS), context.end, group=("agent",))
    return [value for value in run(context.published, kpi, query, EVERYTHING) if value.slice == ""]


def _usual(others: Iterable[Value]) -> float | None:
    """The lower bound of the rate over the other agents; None where they have none."""
    kept = [value for value in others if value.denominator and value.numerator is not None]
    k, n = (
        (sum(each) for each in zip(*((v.numerator or 0.0, v.denominator or 0.0) for v in kept), strict=True))
        if kept
        else (0.0, 0.0)
    )
    limits = stats.wilson(k, n) if k else None
    return None if limits is None else limits.lo


def chance_against(n: float, rate: float) -> float:
    """An e-value against "the rate is at least so high" after no event in n cases."""
    missed: float = (1 - rate) ** n
    return min(MOST_E, 1 / max(1e-300, missed))


def _insight(context: Context, value: Value, others: float | None, leaked: Value | None) -> Insight:
    agent = value.agent_id or ""
    signature = "|".join((agent, value.kpi, "down", "zero"))
    first = max(value.start, context.facts[agent].first_day or value.start)
    now = Reading(first, value.end, 0.0, 0.0, value.high, value.n, value.unit)
    usual = Reading(first, value.end, others, None, None, 0, value.unit)
    e_value = None if others is None else chance_against(value.denominator or 0.0, others)
    said = [
        f"Not one in {units.grouped(value.n)}, where other agents have {100 * others:.1f} in 100 or more."
        if others is not None
        else "",
        f"{_tasks(leaked.numerator or 0.0)} below its own confidence threshold." if leaked is not None else "",
        "The signal may be missing.",
    ]
    return Insight(
        id=new_id(signature, None), agent_id=agent, kpi=value.kpi, direction="down", kind="zero", state="open",
        verdict="unknown", segment=Segment(), before=usual, after=now, onset=None, ended_on=None, e_value=e_value,
        grade="D", because=Because(" ".join(each for each in said if each)),
        worth=Worth(None, None, None, context.facts[agent].tasks_month, "Unknown until the signal is checked."),
        known_by=KnownBy(0, None), gates=_gates(value, e_value, leaked), signature=signature,
    )  # fmt: skip


def _tasks(count: float) -> str:
    return "One task was" if count == 1 else f"{count:.0f} tasks were"


def _gates(value: Value, e_value: float | None, leaked: Value | None) -> tuple[Gate, ...]:
    """Other agents are no law for this one: what they show must make the zero one in a thousand, or its own tasks."""
    said = evidence(e_value) if e_value is not None else "no other agent to compare with"
    unlikely = leaked is not None or (e_value is not None and e_value >= LEAST_E)
    return (Gate("unlikely enough", unlikely, said, evidence(LEAST_E)),)
