"""From daily parts to streams: each kind of task has its own limit, and what two numbers share is watched once."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from metrics import drill
from metrics.catalogue import catalogue
from metrics.insights.baseline import Baseline, baseline_of
from metrics.insights.model import Segment
from metrics.insights.streams import BASE_DAYS, ENOUGH_FOR_A_LIMIT, Stream, streams_of
from metrics.insights.watch import budget_of, directions, episodes
from metrics.model import Access
from tests.metrics.support import Ledger

FIRST = date(2026, 6, 1)
LIMITS = {"base": BASE_DAYS, "enough": ENOUGH_FOR_A_LIMIT}


def read(ledger: Ledger, query: str, days: int, **params: object) -> list[Stream]:
    """The streams in the rows of one query over so many days from FIRST on."""
    end = FIRST + timedelta(days=days)
    found = drill.rows(ledger, query, Access.everything(), None, **{"from": FIRST, "to": end}, **params)  # type: ignore[arg-type]
    return streams_of(found, dict(catalogue()), end)


def durations(ledger: Ledger, day: int, kind: str, bucket: int, n: int) -> None:
    """So many durations of a kind of task in one bucket on a day."""
    common = {"kpi": "model_latency", "agent_id": "refunds", "slice": "", "environment": "prod"}
    ledger.insert(
        "latency_buckets", [{**common, "day": FIRST + timedelta(days=day), "task_type": kind, "bucket": bucket, "n": n}]
    )


def test_a_kind_of_task_with_enough_cases_has_its_own_limit_and_a_rare_one_that_of_all() -> None:
    ledger = Ledger()
    for kind, bucket, n in (("quick", 100, 95), ("quick", 110, 5), ("slow", 300, 95), ("slow", 310, 5)):
        durations(ledger, 0, kind, bucket, n)
    durations(ledger, 0, "rare", 120, ENOUGH_FOR_A_LIMIT - 1)
    durations(ledger, 40, "quick", 101, 7)  # above what is usual for quick work, far below what is for slow work
    durations(ledger, 40, "rare", 120, 3)
    durations(ledger, 40, "slow", 300, 9)
    (stream,) = read(ledger, "insight_durations", 41, **LIMITS)
    by_kind = {part.segment.value: part for part in stream.parts}
    assert {kind: (part.s[40], part.n[40]) for kind, part in by_kind.items()} == {
        "quick": (7, 7), "rare": (0, 3), "slow": (0, 9)}  # fmt: skip
    assert (stream.whole.s[40], stream.whole.n[40]) == (7, 19)
    assert (stream.whole.s[0], stream.whole.n[0]) == (10, 200 + ENOUGH_FOR_A_LIMIT - 1)
    assert by_kind["rare"].threshold == stream.whole.threshold
    limits = [by_kind[kind].threshold or 0.0 for kind in ("quick", "slow")]
    assert limits[0] < (stream.whole.threshold or 0.0) <= limits[1]


def test_a_limit_is_told_from_the_first_days_alone() -> None:
    ledger = Ledger()
    durations(ledger, 0, "quick", 100, 100)
    durations(ledger, BASE_DAYS, "quick", 200, 100)
    (stream,) = read(ledger, "insight_durations", BASE_DAYS + 1, **LIMITS)
    assert (stream.whole.s[0], stream.whole.s[BASE_DAYS]) == (0, 100)


def test_a_task_is_dear_beside_its_own_kind() -> None:
    ledger = Ledger()
    for kind, usd in (("quick", 0.10), ("slow", 1.00)):
        ledger.add("tasks", {"task_type": kind, "cost_usd": usd, "day": FIRST, "cost_state": "priced"}, times=60)
        dear = {"task_type": kind, "cost_usd": 0.5, "day": FIRST + timedelta(days=30), "cost_state": "priced"}
        ledger.add("tasks", dear, times=4)
    # What a task must have for the query, and these tests do not look at.
    for name in ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens"):
        ledger.con.execute(f"ALTER TABLE tasks ADD COLUMN {name} BIGINT")
    cost = next(
        each for each in read(ledger, "insight_tasks", 31, **LIMITS)
        if (each.kpi, each.measure) == ("cost_per_task", "exceeding")
    )  # fmt: skip
    assert (cost.whole.s[30], cost.whole.n[30]) == (4, 8)
    assert {part.segment.value: part.s[30] for part in cost.parts} == {"quick": 4, "slow": 0}


def test_calls_that_were_throttled_are_a_part_of_those_that_failed() -> None:
    ledger = Ledger()
    for failed, throttled, times in ((False, False, 6), (True, False, 1), (True, True, 3)):
        ledger.add("model_calls", {"day": FIRST, "is_error": failed, "throttled": throttled}, times=times)
    ledger.build("error_rate", "throttle_rate")
    params = {"kpis": ["error_rate", "throttle_rate"], "sliced": [], "weighted": []}
    (stream,) = read(ledger, "insight_rates", 1, **params)
    assert (stream.kpi, stream.whole.s[0], stream.whole.n[0]) == ("error_rate", 4, 10)
    (part,) = (each for each in stream.parts if each.segment == Segment("kind", "throttled"))
    assert (part.s[0], part.n[0]) == (3, 10)


def quiet_durations(seed: int, agents: int, days: int) -> Ledger:
    """Calls of three kinds of task whose durations stay as they are: two of a task, long or short together."""
    draw = np.random.default_rng(seed)
    found: list[tuple[str, date, str, int]] = []
    for agent in range(agents):
        rate = draw.uniform(5, 60)
        kinds = {"a": (0.6, 1000.0), "b": (0.3, 1000 * draw.uniform(0.3, 3)), "c": (0.1, 1000 * draw.uniform(0.2, 5))}
        for day in range(days):
            for kind, (share, usual) in kinds.items():
                tasks = draw.poisson(rate * share * (0.2 if day % 7 > 4 else 1.0))
                took = usual * np.exp(draw.normal(0, 0.3, (tasks, 1)) + draw.normal(0, 0.4, (tasks, 2)))
                buckets = np.ceil(np.log(took) / np.log(1.01 / 0.99)).astype(int).ravel()
                found += [(f"agent-{agent}", FIRST + timedelta(days=day), kind, int(each)) for each in buckets]
    ledger = Ledger()
    names = ("agent_id", "day", "task_type", "bucket")
    ledger.con.register("made", pa.table(dict(zip(names, zip(*found, strict=True), strict=True))))
    ledger.con.execute("""INSERT INTO latency_buckets BY NAME SELECT 'model_latency' AS kpi, agent_id, day, task_type,
        '' AS slice, 'prod' AS environment, bucket, count(*) AS n FROM made GROUP BY ALL""")
    return ledger


def test_a_quiet_quarter_of_durations_stays_inside_the_budget_although_each_kind_has_its_own_limit() -> None:
    raised = watched = 0
    budget = budget_of(320)
    for seed in range(3):
        for stream in read(quiet_durations(seed, 54, 118), "insight_durations", 118, **LIMITS):
            paired = Stream(**{**stream.__dict__, "cluster": 2.0})
            base = baseline_of(paired)
            assert isinstance(base, Baseline)
            for way in directions(paired):
                watched += 1
                raised += sum(each.alarmed for each in episodes(paired, base, way, budget))
    assert watched >= 320
    assert raised <= budget.false_alarms
