"""The view of a KPI in the published file says what `metrics run` says, for every KPI, agent and kind."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from metrics import stats
from metrics.catalogue import Kpi, catalogue
from metrics.model import NOT_REAL_WORK, Access, Query, Value
from metrics.run import default_period, run
from sql.kpi_views import name
from sql.models import folder
from sql.published import Published, open_published

ALL = Access.everything()
LEFT_OUT = ", ".join(f"'{each}'" for each in NOT_REAL_WORK)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Iterator[Published]:
    """The published file of the demo account."""
    with closing(open_published(demo_home)) as published:
        yield published


def rows(demo: Published, kpi: Kpi, columns: str, group: str) -> list[Row]:
    """Summed rows of a KPI's view over the last 28 complete days of real work, as an engineer writes them."""
    start, end = default_period(demo)
    return demo.rows(
        f"""SELECT agent_id, {columns} FROM {name(folder("kpis")[kpi.id])}
            WHERE day >= $start AND day < $end AND (environment IS NULL OR environment NOT IN ({LEFT_OUT}))
            GROUP BY agent_id{group} ORDER BY ALL""",
        {"start": start, "end": end},
    )


def by_run(demo: Published, kpi: Kpi) -> dict[tuple[str | None, str], Value]:
    """What `metrics run` says, by agent and slice."""
    start, end = default_period(demo)
    return {(v.agent_id, v.slice): v for v in run(demo, kpi, Query(start, end, group=("agent",)), ALL)}


Figures = dict[tuple[str, str], float | None]


def divided(demo: Published, kpi: Kpi) -> Figures:
    """Sums, divided last."""
    sums = "slice, sum(numerator)::DOUBLE AS x, sum(denominator)::DOUBLE AS y"
    found = rows(demo, kpi, sums, ", slice")
    return {(r["agent_id"], r["slice"]): _over(r["x"], r["y"]) for r in found}


def shared(demo: Published, kpi: Kpi) -> Figures:
    """Slices over the denominator of the whole, which days without the slice have too."""
    found = rows(demo, kpi, "slice, sum(numerator)::DOUBLE AS x, sum(denominator)::DOUBLE AS y", ", slice")
    whole = {row["agent_id"]: row["y"] for row in found if not row["slice"]}
    return {(r["agent_id"], r["slice"]): _over(r["x"], whole[r["agent_id"]]) for r in found}


def _over(x: float | None, y: float | None) -> float | None:
    return x / y if x is not None and y else None


def summed(demo: Published, kpi: Kpi) -> Figures:
    """One sum."""
    found = rows(demo, kpi, "slice, sum(value)::DOUBLE AS value", ", slice")
    return {(row["agent_id"], row["slice"]): row["value"] for row in found}


def labels_only(demo: Published, kpi: Kpi) -> Figures:
    """Accuracy by weighted labels; where a judge helps, `metrics run` gives that as the slice labels."""
    found = rows(demo, kpi, "slice, sum(numerator)::DOUBLE AS x, sum(denominator)::DOUBLE AS y", ", slice")
    return {(r["agent_id"], ""): _over(r["x"], r["y"]) for r in found if not r["slice"]}


def quantiles(demo: Published, kpi: Kpi) -> Figures:
    """Value at the rank ⌊q(n − 1)⌋ of the summed buckets, within what was seen."""
    columns = (
        "bucket, any_value(bucket_ms) AS ms, sum(n)::BIGINT AS n, min(min_ms) AS least, max(max_ms) AS most, slice"
    )
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows(demo, kpi, columns, ", bucket, slice"):
        if not row["slice"] and row["bucket"] is not None:
            found[row["agent_id"]].append(row)
    return {
        (agent, label): _at(sorted(own, key=lambda row: row["bucket"]), q)
        for agent, own in found.items()
        for label, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def _at(buckets: list[Row], q: float) -> float:
    rank, seen = q * (sum(row["n"] for row in buckets) - 1), 0
    for row in buckets:
        seen += row["n"]
        if seen > rank:
            return float(min(max(row["ms"], min(r["least"] for r in buckets)), max(r["most"] for r in buckets)))
    raise AssertionError("no bucket holds the rank")


def tries(demo: Published, kpi: Kpi) -> Figures:
    """C(successes, k) / C(tries, k), averaged over jobs seen at least k times."""
    jobs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in rows(demo, kpi, "job, sum(successes)::BIGINT AS s, sum(tries)::BIGINT AS t", ", job"):
        jobs[row["agent_id"]].append((row["s"], row["t"]))
    found: Figures = {}
    for agent, own in jobs.items():
        for k in range(1, 5):
            chances = [math.comb(s, k) / math.comb(t, k) for s, t in own if t >= k]
            found[agent, f"k={k}"] = math.fsum(chances) / len(chances) if chances else None
    return found


def kappas(demo: Published, kpi: Kpi) -> Figures:
    """Cohen's kappa of the summed table."""
    names = ("both_pass", "person_passes", "judges_pass", "judged_by_both")
    found: Figures = {}
    for row in rows(demo, kpi, "slice, " + ", ".join(f"sum({each})::DOUBLE AS {each}" for each in names), ", slice"):
        both, person, judges, n = (row[each] or 0 for each in names)
        cells = [[n - person - judges + both, judges - both], [person - both, both]]
        found[row["agent_id"], row["slice"]] = stats.cohens_kappa(cells).kappa if n else None
    return found


def reviewed(demo: Published, kpi: Kpi) -> Figures:
    """Needed of reviewed."""
    found = rows(demo, kpi, "sum(needed) AS x, sum(reviewed) AS y", "")
    return {(row["agent_id"], ""): _over(row["x"], row["y"]) for row in found}


def sureness(demo: Published, kpi: Kpi) -> Figures:
    """How much too sure on average."""
    found = rows(demo, kpi, "sum(sum_of_confidence) AS c, sum(were_right) AS r, sum(n) AS n", "")
    return {(r["agent_id"], "over_confidence"): (r["c"] - r["r"]) / float(r["n"]) for r in found if r["n"]}


WAYS: dict[str, Callable[[Published, Kpi], Figures]] = {
    "ratio": divided, "weighted_ratio": divided, "mean": divided, "cost_ratio": divided, "count": summed, "sum": summed,
    "accuracy": labels_only, "quantile": quantiles, "pass_k": tries, "agreement": kappas, "precision_recall": reviewed,
    "calibration": sureness,
}  # fmt: skip


@pytest.mark.parametrize("kpi", [kpi for kpi in catalogue().values() if kpi.kind != "mix"], ids=lambda kpi: kpi.id)
def test_a_view_says_what_the_command_says(demo: Published, kpi: Kpi) -> None:
    way = shared if kpi.kind == "ratio" and kpi.slice_denominator == "total" else WAYS[kpi.kind]
    found, said = way(demo, kpi), by_run(demo, kpi)
    assert found or not any(value.value is not None for value in said.values())
    for (agent, part), value in found.items():
        other = said.get((agent, "labels"), said[agent, part]) if kpi.kind == "accuracy" else said[agent, part]
        assert other.value == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)), (agent, part)


def test_the_view_of_drift_holds_the_cases_of_both_periods(demo: Published) -> None:
    kpi = catalogue()["drift"]
    counted: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows(demo, kpi, "slice, sum(cases) AS n", ", slice"):
        counted[row["agent_id"], row["slice"].partition("=")[0]] += float(row["n"])
    said = {place: value for place, value in by_run(demo, kpi).items() if value.value is not None and place[1]}
    assert said
    for (agent, dimension), value in said.items():
        assert value.n <= counted[str(agent), dimension]
