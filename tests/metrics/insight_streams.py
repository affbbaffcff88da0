"""Streams made by hand, and ledgers that give streams, for the tests of the detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from metrics.catalogue import FOLDER, catalogue
from metrics.insights.gather import Outside, read_streams
from metrics.insights.model import Segment
from metrics.insights.streams import Days, Measure, Part, Stream
from metrics.model import Access
from tests.metrics.support import Ledger

MONDAY = date(2026, 8, 3)
# A Monday too, with which a look-back begins: 112 days from here on are looked at.
FIRST = date(2026, 5, 18)


def ledger() -> Ledger:
    """An empty ledger that knows its KPIs."""
    made = Ledger()
    made.insert(
        "kpi_catalogue",
        [{"kpi": kpi, "definition": (FOLDER / f"{kpi}.sql").read_text(), "own": False} for kpi in catalogue()],
    )
    return made


def streams_in(found: Ledger, days: int, outside: Outside | None = None) -> list[Stream]:
    """The streams of a ledger over so many days from FIRST on."""
    end = FIRST + timedelta(days=days)
    return read_streams(found, Access.everything(), end, outside or Outside.read(found, Access.everything(), end))  # type: ignore[arg-type]


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
