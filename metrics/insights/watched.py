"""Which KPIs are watched, and why the others are not: the detector, docs/insights.md and the tests read it here.

One stream per mechanism: a number whose cases are among those of another stream would raise every alarm twice, and
every stream more asks for more evidence from all.
"""

from __future__ import annotations

from collections.abc import Mapping

from metrics.catalogue import Kpi

# A KPI whose cases are a part of another one's stream: KPI → the stream's KPI and the name of the part.
PART_OF: Mapping[str, tuple[str, str]] = {"throttle_rate": ("error_rate", "throttled")}
REASONS: Mapping[str, str] = {
    "autonomy": "a task that is right and needs nobody: `success_rate` and `containment` are watched",
    "tool_failures": "the other side of `tool_reliability`, which is watched",
    "tool_first_try": "its calls are among those of `tool_reliability`, which is watched",
}


def is_watched(kpi: Kpi) -> bool:
    """Whether a KPI has streams of its own, or is a part of one."""
    return kpi.id not in REASONS
