"""Streams made by hand for the tests of the detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from metrics.insights.model import Segment
from metrics.insights.streams import Days, Measure, Part, Stream

MONDAY = date(2026, 8, 3)


def stream(
    s: Sequence[float] | Days,
    n: Sequence[float] | Days,
    parts: Mapping[str, tuple[Sequence[float] | Days, Sequence[float] | Days]] | None = None,
    *,
    kpi: str = "accuracy",
    agent_id: str = "refunds",
    measure: Measure = "rate",
    cluster: float = 1.0,
) -> Stream:
    """A stream from a Monday on; `parts` are kinds of task."""
    made = tuple(
        Part(Segment("task_type", name), np.asarray(k, float), np.asarray(m, float))
        for name, (k, m) in (parts or {}).items()
    )
    whole = Part(Segment(), np.asarray(s, float), np.asarray(n, float))
    return Stream(agent_id, kpi, measure, "higher", MONDAY, whole, made, cluster)
