"""What needs attention, from states that are really there: largest effect first, five at most, no invented causes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard import data, insights
from dashboard.components import insight_card
from dashboard.components.insight_card import size_of
from dashboard.view import View
from dashboard.words import listed, plural
from metrics import units
from metrics.drill import UNATTRIBUTED
from metrics.insights.cards import moved
from metrics.model import Value

MOST = 5
MODELS_NAMED = 3
FIRST = 1e9
KINDS = insight_card.KINDS | {"changed": insight_card.CALM["changed"], "source": ("■", "Source", "bad")}
ENOUGH_KNOWN = 0.8


@dataclass(frozen=True)
class Item:
    """One thing to look at. `weight` orders: a failed source above all, then findings, then the jobs of a gap."""

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
    """At most five: a failed source, then findings by what is at stake, then gaps by the jobs they hide."""
    found = sorted([*_sources(view), *_insights(view), *_agents(view), *_unpriced(view)], key=lambda item: -item.weight)
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


def _insights(view: View) -> Iterator[Item]:
    """What is open in the feed of insights, in its order: what got worse or is in doubt before what only changed."""
    found = [each for each in insights.noticed(view, insights.shown(view), "open") if each.agent_id in view.agents]
    for place, insight in enumerate(each for each in found if each.verdict != "better"):
        size, of = size_of(insight)
        changed = insight.verdict == "changed"
        yield Item(
            "changed" if changed else insight.kind,
            f"{view.name(insight.agent_id)}: {moved(insight)}",
            f"{insight.card.since} {insight.because.says}",
            size,
            of,
            -float(place) if changed else FIRST - place,
            "insights",
            insight.agent_id,
        )


def _agents(view: View) -> Iterator[Item]:
    """Agents of whose jobs too little is known."""
    for agent, value in data.by_agent(view.ledger, "success_rate", view.scope.query()).items():
        item = _doubt(view, value) if agent in view.agents else None
        if item:
            yield item


def _doubt(view: View, value: Value) -> Item | None:
    name = _name(view, value)
    if value.coverage is not None and value.coverage < ENOUGH_KNOWN:
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
