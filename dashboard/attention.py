"""What needs attention, from states that are really there: largest effect first, five at most, no invented causes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard import data
from dashboard.cards import BY_KPI, misses
from dashboard.components.card import is_doubtful
from dashboard.view import View
from dashboard.words import listed, plural
from metrics import units
from metrics.drill import UNATTRIBUTED
from metrics.model import Change, Value

MOST = 5
MODELS_NAMED = 3
KINDS = {
    "worse": ("▲", "Worse", "bad"),
    "target": ("■", "Target", "bad"),
    "data": ("○", "Data", "att"),
    "check": ("?", "Check", "att"),
    "source": ("■", "Source", "bad"),
}
WATCHED = ("cost_per_success", "success_rate", "accuracy", "task_latency")
ENOUGH_KNOWN = 0.8


@dataclass(frozen=True)
class Item:
    """One thing to look at. `weight` orders: jobs touched, a failed source above all."""

    kind: str
    headline: str
    why: str
    size: str
    size_of: str
    weight: float
    page: str
    agent: str | None = None
    show: str | None = None


def items(view: View) -> list[Item]:
    """At most five, the largest effect first; an agent and KPI appears once."""
    found = sorted([*_sources(view), *_agents(view), *_unpriced(view)], key=lambda item: -item.weight)
    return found[:MOST]


def _sources(view: View) -> Iterator[Item]:
    """Failed sources first. Several that failed for one reason (an expired session) are one thing to do."""
    reasons: dict[tuple[str, str], data.Rows] = {}
    for row in data.failed_sources(view.ledger):
        reasons.setdefault((str(row["error_code"]), str(row["remedy"])), []).append(row)
    for rows in reasons.values():
        row, names = rows[0], list(dict.fromkeys(str(row["source"]) for row in rows))
        place = f" ({row['scope']})" if len(rows) == 1 and row["scope"] else ""
        retry = "Running again may help." if row["retry_helps"] else ""
        yield Item(
            "source",
            f"{listed(names)}{place} could not be read",
            " ".join(text for text in (row["error_message"], row["remedy"], retry) if text),
            "not read",
            row["error_code"] or "",
            float("inf"),
            "data_health",
        )


def _agents(view: View) -> Iterator[Item]:
    targets = view.ledger.rows("targets", view.state.agents, **{"from": view.now.start, "to": view.now.end})
    for kpi in (*WATCHED, "escalation_rate"):
        part = BY_KPI[kpi].part
        now = data.by_agent(view.ledger, kpi, view.scope.query(), part)
        before = data.by_agent(view.ledger, kpi, view.scope_before.query(), part)
        for agent, value in now.items():
            if agent not in view.agents:
                continue
            limits = [row for row in targets if row["agent_id"] == agent and row["kpi"] == kpi]
            change = data.changed(kpi, value, before.get(agent))
            item = _missed(view, value, limits) or _worse(view, value, change) or _doubt(view, value)
            if item:
                yield item


def _missed(view: View, value: Value, limits: data.Rows) -> Item | None:
    if not limits or value.state != "ok" or value.value is None or not misses(value, limits[-1]):
        return None
    limit = float(limits[-1]["target"])
    word = "target" if limits[-1]["limit_kind"] == "min" else "limit"
    headline = f"{_name(view, value)}: {_phrase(value)}; the {word} is {units.text(limit, value.unit)}"
    jobs = abs(value.value - limit) * value.n if value.unit == "ratio" else float(value.n)
    size = _money_over(value, limit) if value.unit == "usd" else plural(round(jobs), "job")
    why = f"{_basis(value)} in {view.now.days} days."
    return Item("target", headline, why, size, _beyond(value, word), jobs, "agent", value.agent_id)


def _worse(view: View, value: Value, change: Change | None) -> Item | None:
    if change is None or change.verdict != "worse" or change.amount is None:
        return None
    headline = f"{_name(view, value)}: {BY_KPI[value.kpi].label.lower()} {_moved_words(change)}"
    before = value.value - change.difference if value.value is not None and change.difference is not None else None
    why = f"{units.text(before, value.unit)} to {units.text(value.value, value.unit)}; {_basis(value)}."
    jobs = abs(change.amount) * value.n
    extra = abs(change.difference or 0) * (value.denominator or 0)
    size = (
        f"+{units.money(extra)}"
        if value.unit == "usd"
        else plural(round(jobs), "job")
        if value.unit == "ratio"
        else units.change(change)
    )
    size_of = f"over {view.now.days} days" if value.unit != "ms" else "longer"
    return Item("worse", headline, why, size, size_of, jobs, "agent", value.agent_id)


def _doubt(view: View, value: Value) -> Item | None:
    name = _name(view, value)
    if value.kpi == "success_rate" and value.coverage is not None and value.coverage < ENOUGH_KNOWN:
        missing = round(value.n / value.coverage) - value.n if value.coverage else value.n
        known = units.text(value.coverage, "ratio")
        why = "Send an agent.outcome event when a job ends, or state in the contract what counts as success."
        return Item(
            "data",
            f"{name}: only {known} of the jobs have a verdict",
            why,
            plural(missing, "job") if missing else "all jobs",
            "without a verdict",
            float(missing or 1),
            "tasks",
            value.agent_id,
            "unknown",
        )
    if value.value == 0 and is_doubtful(value):
        why = "A true zero is unlikely at this volume. The hand-over signal may be missing."
        return Item(
            "check",
            f"{name} hands 0 of {plural(value.n, 'job')} to people",
            why,
            plural(value.n, "job"),
            "unverified",
            value.n / 10,
            "agent",
            value.agent_id,
        )
    return None


def _unpriced(view: View) -> Iterator[Item]:
    """Calls whose money is not known: tokens without a price, and calls that report no tokens at all."""
    for row in view.ledger.rows("price_states", view.state.agents, **{"from": view.now.start, "to": view.now.end}):
        who = "Calls without an agent" if row["agent_id"] == UNATTRIBUTED else view.name(row["agent_id"])
        if row["price_state"] == "unpriced" and row["with_tokens"]:
            yield Item(
                "data",
                f"{who}: {plural(row['with_tokens'], 'model call')} without a price",
                f"No price is known for {_cut(row['models'])}. Add one under [[prices]] in ledger.toml.",
                f"{units.text(row['tokens'], 'tokens')}",
                "tokens unpriced",
                row["with_tokens"] / 10,
                "data_health",
            )
        if row["without_tokens"]:
            yield Item(
                "data",
                f"{who}: {plural(row['without_tokens'], 'model call')} with no token counts reported",
                "Their cost is not known. Turn on model invocation logging, or let the agent report its token use.",
                plural(row["without_tokens"], "call"),
                "without tokens",
                row["without_tokens"] / 10,
                "data_health",
            )


def _cut(models: list[str]) -> str:
    """The first model names, and how many more there are."""
    named = ", ".join(models[:MODELS_NAMED]) or "the model"
    return f"{named} +{len(models) - MODELS_NAMED} more" if len(models) > MODELS_NAMED else named


def _name(view: View, value: Value) -> str:
    return view.name(value.agent_id or "")


def _phrase(value: Value) -> str:
    shown = units.text(value.value, value.unit)
    phrases = {
        "cost_per_success": f"a good result costs {shown}",
        "success_rate": f"{shown} of judged jobs end well",
        "accuracy": f"{shown} of checked answers are right",
        "task_latency": f"one job in twenty takes longer than {shown}",
        "escalation_rate": f"{shown} of jobs are handed to people",
    }
    return phrases[value.kpi]


def _moved_words(change: Change) -> str:
    size = units.change(change)[2:]
    return f"is {size} {'up' if (change.amount or 0) > 0 else 'down'}"


def _basis(value: Value) -> str:
    if value.unit == "ratio" and value.numerator is not None:
        return (
            f"{units.grouped(value.numerator)} of {units.grouped(value.denominator or 0)}"
            if value.kpi != "accuracy"
            else f"{plural(value.n, 'answer')} checked"
        )
    return plural(value.n, "job")


def _money_over(value: Value, limit: float) -> str:
    return f"+{units.money(max((value.value or 0) - limit, 0) * (value.denominator or 0))}"


def _beyond(value: Value, word: str) -> str:
    return f"{'below' if word == 'target' else 'over'} the {word}" if value.unit == "ratio" else f"beyond the {word}"
