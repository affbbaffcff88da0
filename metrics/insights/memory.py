"""What need not be worked out again: an agent of which everything is as it was, and which findings are its."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from metrics import drill
from metrics.insights.gather import Outside
from metrics.insights.model import Insight, Report
from metrics.insights.streams import lookback
from metrics.model import Access
from sql.published import Published

# Raised when the same days would now give another insight.
METHOD = "4"
FEED_GATE = "sure among all findings"
Family = Literal["stream", "target", "zero", "silent"]
FAMILIES: dict[str, Family] = {"target": "target", "zero": "zero", "silent": "silent"}


def digests_of(published: Published, end: date, outside: Outside) -> dict[str, str]:
    """A fingerprint for each agent of everything its insights are told from; '' is that of what all share."""
    first = lookback(end - timedelta(days=1))
    rows = drill.rows(published, "insight_digests", Access.everything(), **{"from": first, "to": end})  # type: ignore[arg-type]
    own = {row["agent_id"]: row["digest"] for row in rows}
    shared = f"{METHOD}|{end}|{own.pop('', '')}|{sorted(outside.unread)}|{len(own)}"
    every = {agent: f"{digest}|{outside.lags.of_agent(agent)}" for agent, digest in own.items()} | {"": shared}
    return {agent: hashlib.sha256(text.encode()).hexdigest()[:16] for agent, text in sorted(every.items())}


def stale(previous: Report | None, digests: dict[str, str]) -> frozenset[str] | None:
    """The agents that have to be looked at again; None for all, as where what all share is not as it was.

    With a changed agent those with findings on its model too: it is a control of theirs.
    """
    if previous is None or previous.digests.get("") != digests[""]:
        return None
    changed = {agent for agent, digest in digests.items() if agent and previous.digests.get(agent) != digest}
    models = {previous.models[agent] for agent in changed if agent in previous.models}
    told = {each.agent_id for each in previous.insights if family_of(each) == "stream"}
    return frozenset(changed | {agent for agent in told if previous.models.get(agent) in models})


def family_of(insight: Insight) -> Family:
    """Who told it: the streams, a target, a zero beside other agents, or a silence."""
    return FAMILIES.get(insight.signature.rpartition("|")[2], "stream")


def kept(previous: Report, again: frozenset[str], family: Family) -> list[Insight]:
    """The findings of a family of agents that are as they were, without what the feed as a whole decides."""
    return [bare(each) for each in previous.insights if each.agent_id not in again and family_of(each) == family]


def bare(insight: Insight) -> Insight:
    """A finding as it was told, before the feed."""
    gates = tuple(gate for gate in insight.gates if gate.name != FEED_GATE)
    return replace(insight, gates=gates, primary=None, state="open" if insight.ended_on is None else "over")
