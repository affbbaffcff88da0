"""Since when, and what was changed then: the day of a change with its 90 % set, and the release ledger beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from zoneinfo import ZoneInfo

from metrics import stats
from metrics.insights.model import Candidate, Onset
from metrics.insights.watch import Episode, likeliest
from metrics.parts import Row

RELEASE_WEIGHT = 10.0
LEVEL = 0.9
# What changes no result of an agent: a target, and the price of what does not cost.
_NOT_A_CAUSE = {"target"}


@dataclass(frozen=True)
class Change:
    """A recorded change on a calendar day of the organisation. `agent_id` None: something that several agents use."""

    change_id: str
    agent_id: str | None
    on: date
    kind: str
    before: str | None
    after: str | None
    resource: str | None
    source: str

    @classmethod
    def of(cls, row: Row, zone: ZoneInfo) -> Change:
        """The change in a row of `insight_changes`."""
        at = row["changed_at"]
        on = row["day"] if at is None else at.replace(tzinfo=UTC).astimezone(zone).date()
        names = ("change_id", "agent_id", "kind", "before_value", "after_value", "resource", "source")
        change_id, agent_id, kind, before, after, resource, source = (row[name] for name in names)
        return cls(change_id, agent_id, on, kind, before, after, resource, source)


def may_matter(change: Change, episode: Episode) -> bool:
    """Whether a change can be a cause of what moved."""
    stream = episode.stream
    if change.agent_id not in (None, stream.agent_id) or change.kind in _NOT_A_CAUSE:
        return False
    if stream.measure == "share" and stream.whole.segment.dimension == "model" and change.source == "telemetry":
        return change.kind != "model"  # that is what moved itself
    return change.kind != "price" or stream.kpi == "cost_per_task"


def onset_of(episode: Episode, changes: Iterable[Change]) -> Onset:
    """The likeliest first day, without releases and with them; days without work between two belong to the later."""
    stream, plain = episode.stream, episode.onset_chances
    marked_days = {change.on for change in changes if may_matter(change, episode)}
    days = [stream.day(episode.clean + place) for place in range(len(plain))]
    cases = _cases(episode)
    weights = [RELEASE_WEIGHT if day in marked_days else 1.0 for day in days[1:]]
    marked = stats.changepoint_posterior(cases, weights=weights)
    first, last = _set(plain)
    marked_first, marked_last = _set(marked)
    place = likeliest(marked)
    return Onset(
        days[place],
        marked[place] / max(1e-300, 1 - marked[0]),
        days[first],
        days[last],
        days[marked_first],
        days[marked_last],
        plain[0],
        stream.day(episode.alarm),
    )


def candidates_of(episode: Episode, onset: Onset, changes: Iterable[Change]) -> tuple[Candidate, ...]:
    """The recorded changes on the days of either 90 % set, the likeliest day first."""
    first, last = min(onset.first, onset.marked_first), max(onset.last, onset.marked_last)
    found = [
        Candidate(
            change.change_id, change.on, change.kind, change.before, change.after,
            onset.chance if change.on == onset.day else 0.0, change.source, change.resource,
        )
        for change in changes
        if may_matter(change, episode) and first <= change.on <= last
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (-each.chance, each.on, each.change_id)))


def _cases(episode: Episode) -> list[tuple[float, float]]:
    stream, days = episode.stream, slice(episode.clean, episode.alarm + 1)
    s, n = episode.driver.s[days] / stream.cluster, episode.driver.n[days] / stream.cluster
    return list(zip(s.tolist(), n.tolist(), strict=True))


def _set(chances: Sequence[float]) -> tuple[int, int]:
    """The first and last of the likeliest days that hold the change with 90 % chance, given that there is one."""
    total = sum(chances[1:])
    order = sorted(range(1, len(chances)), key=lambda place: (-chances[place], place))
    kept, held = [], 0.0
    for place in order:
        kept.append(place)
        held += chances[place]
        if held >= LEVEL * total:
            break
    return min(kept), max(kept)
