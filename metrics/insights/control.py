"""What agents that use the same model but were not changed did meanwhile: a control for a change of one agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metrics import stats
from metrics.insights.model import Control
from metrics.insights.streams import Stream
from metrics.insights.watch import Episode

LEAST_CASES = 30
CHANGED_NEAR_DAYS = 3


def main_models(streams: Sequence[Stream]) -> dict[str, str]:
    """The model that answers most calls of each agent."""
    return {
        stream.agent_id: max(stream.parts, key=lambda part: float(part.s.sum())).segment.value
        for stream in streams
        if stream.kpi == "drift" and stream.whole.segment.dimension == "model" and stream.parts
    }


def control_of(
    episode: Episode,
    streams: Mapping[tuple[str, str], Stream],
    models: Mapping[str, str],
    changed: Mapping[str, Sequence[int]],
) -> Control | None:
    """The same KPI of the other agents on the same model over the same days, none of them changed then; else None.

    `changed` gives the days (as ordinals) on which something of an agent was changed.
    """
    own = episode.stream
    model, begin = models.get(own.agent_id), own.day(episode.onset).toordinal()
    others = [
        stream
        for (agent, name), stream in streams.items()
        if name == own.name
        and agent != own.agent_id
        and model is not None
        and models.get(agent) == model
        and not any(abs(day - begin) <= CHANGED_NEAR_DAYS for day in changed.get(agent, ()))
    ]
    if own.measure in ("share", "amount") or not others:
        return None
    treated = _counts(own, episode)
    before, after = (
        tuple(sum(each) for each in zip(*sides, strict=True))
        for sides in zip(*(_counts(stream, episode) for stream in others), strict=True)
    )
    if min(before[1], after[1], treated[0][1], treated[1][1]) < LEAST_CASES:
        return None
    found = stats.difference_in_differences(treated[0], treated[1], (before[0], before[1]), (after[0], after[1]))
    low, high = found.did - stats.Z_95 * found.se, found.did + stats.Z_95 * found.se
    moved = stats.newcombe_diff(after[0], after[1], before[0], before[1])
    alike = moved is not None and (moved.lo > 0 if episode.direction == "up" else moved.hi < 0)
    return Control(tuple(stream.agent_id for stream in others), found.did, low, high, alike and low <= 0 <= high)


def _counts(stream: Stream, episode: Episode) -> tuple[tuple[float, float], tuple[float, float]]:
    """s of n of a stream's whole on the days of the episode's baseline and since its onset."""
    own = episode.stream
    first, end = own.day(episode.base.first), own.day(episode.base.end)
    onset, last = own.day(episode.onset), own.day(episode.ended if episode.ended is not None else own.days)
    found = []
    for begin, until in ((first, end), (onset, last)):
        days = slice(max(0, stream.index(begin)), max(0, stream.index(until)))
        found.append(
            (float(stream.whole.s[days].sum() / stream.cluster), float(stream.whole.n[days].sum() / stream.cluster))
        )
    return found[0], found[1]
