"""What need not be worked out again: an agent whose complete days, contract and changes are as they were."""

from __future__ import annotations

import hashlib

from metrics.insights.context import Context
from metrics.insights.model import Report

# Raised when the same days would now give another insight.
METHOD = "2"
TARGETS = "SELECT * FROM targets ORDER BY ALL"


def digests_of(context: Context) -> dict[str, str]:
    """A fingerprint for each agent of everything its insights are told from; '' is that of the targets."""
    made = {agent: hashlib.sha256(f"{METHOD}|{context.end}|{facts}".encode()) for agent, facts in context.facts.items()}
    for stream in context.streams:
        digest = made.get(stream.agent_id)
        if digest is None:
            continue
        digest.update(f"{stream.name}|{stream.first_day}|{stream.cluster}".encode())
        for part in (stream.whole, *stream.parts):
            digest.update(f"{part.segment}|{part.threshold}".encode())
            digest.update(part.s.tobytes())
            digest.update(part.n.tobytes())
    for change in context.changes:
        for agent in [change.agent_id] if change.agent_id in made else made:
            made[agent or ""].update(repr(change).encode())
    made[""] = hashlib.sha256(repr(context.published.rows(TARGETS)).encode())
    return {agent: digest.hexdigest()[:16] for agent, digest in sorted(made.items())}


def unchanged(previous: Report | None, digests: dict[str, str]) -> frozenset[str]:
    """The agents for which nothing changed since the report before."""
    if previous is None:
        return frozenset()
    return frozenset(agent for agent, digest in digests.items() if previous.digests.get(agent) == digest)
