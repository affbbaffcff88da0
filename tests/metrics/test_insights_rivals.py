"""What detectors elsewhere get wrong: more traffic, one unknown model, gates that nobody can pass."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from metrics.actions.lifecycle import Evidence, Exposure, lifecycle
from metrics.catalogue import catalogue
from metrics.insights.baseline import Baseline, baseline_of
from metrics.insights.watch import budget_of, directions, episodes, watch
from metrics.insights.zeros import LEAST_E, chance_against
from metrics.model import Access, Query, Value
from metrics.run import run
from tests.metrics.insight_streams import stream
from tests.metrics.support import DAY, END, START, Ledger

DAYS, DOUBLED = 84, 60


@pytest.mark.parametrize("an_hour", [5, 20])
def test_twice_the_traffic_at_the_same_rate_escalates_none_of_twenty_issues(an_hour: int) -> None:
    """Failures an hour double with the traffic; the rate does not move: no alarm, and no issue escalates."""
    draw = np.random.default_rng(an_hour)
    n = draw.poisson(24 * 10 * an_hour * np.where(np.arange(DAYS) < DOUBLED, 1.0, 2.0)).astype(float)
    escalated = alarmed = 0
    for _ in range(20):
        failed = draw.binomial(n.astype(int), 0.1).astype(float)
        alarmed += len([each for each in watch([stream(n - failed, n)]).episodes if each.alarmed])
        hit, of = (np.add.reduceat(each, [0, DOUBLED, DAYS - 7]).astype(int) for each in (failed, n))
        found = Evidence(
            as_of=date(2026, 11, 27), first_seen=date(2026, 9, 1), last_begun=date(2026, 9, 1), open=True,
            ended_before=None, usual=Exposure(hit[0], of[0]), earlier=Exposure(hit[0] + hit[1], of[0] + of[1]),
            recent=Exposure(hit[2], of[2]), casewise=True,
        )  # fmt: skip
        escalated += lifecycle(found)[0] == "escalating"
    assert (alarmed, escalated) == (0, 0)


def test_a_judge_that_is_asked_twice_as_often_moves_neither_its_score_nor_the_coverage_to_a_finding() -> None:
    draw = np.random.default_rng(4)
    tasks = np.full(DAYS, 60.0)
    judged = draw.binomial(60, np.where(np.arange(DAYS) < DOUBLED, 0.1, 0.2)).astype(float)
    passed = draw.binomial(judged.astype(int), 0.7).astype(float)
    found = [stream(passed, judged, kpi="judge_score"), stream(judged, tasks, kpi="label_coverage")]
    assert [each for each in watch(found).episodes if each.alarmed] == []


MONEY = frozenset({"cost_per_task", "cost_per_success", "full_cost_per_success", "spend", "cache_savings", "net_value"})


def with_price(usd: float | None) -> Ledger:
    """Forty tasks of two calls; the calls of one model in every second task have this price."""
    found = Ledger()
    seen = {"agent_id": "refunds", "agent_name": "Refunds", "first_seen_at": f"{DAY} 00:00:00"}
    found.insert("agents", [{**seen, "hourly_rate_usd": 40.0}])
    for place in range(40):
        cost = usd if place % 2 else 0.5
        state = "unpriced" if cost is None else "priced"
        task = {"task_id": f"t{place}", "cost_usd": cost, "cost_state": state, "priced_calls": 0 if cost is None else 2}
        truth = {"truth_score": 1.0, "truth_weight": 1.0, "truth_source": "outcome", "confidence": 0.9}
        found.add("tasks", {**task, **truth, "verdict": "success", "baseline_minutes": 10.0})
        tokens = {"uncached_input_tokens": 900, "cache_read_tokens": 100, "output_tokens": 50}
        money = {"cost_usd": None if cost is None else cost / 2, "cache_savings_usd": None if cost is None else 0.001}
        call = {"task_id": f"t{place}", "model": "acme" if place % 2 else "nova", "price_state": state}
        found.add("model_calls", {**call, **tokens, **money}, times=2)
    return found.build()


def values(found: Ledger, kpi: str) -> list[Value]:
    return run(found, kpi, Query(START, END), Access.everything())  # type: ignore[arg-type]


def test_one_unknown_model_blanks_only_the_numbers_that_need_its_price() -> None:
    known, unknown = with_price(0.5), with_price(None)
    blanked = set()
    for kpi in catalogue():
        before, after = values(known, kpi), values(unknown, kpi)
        if [each.value for each in before] != [each.value for each in after]:
            blanked.add(kpi)
        elif kpi not in MONEY:
            assert [each.state for each in before] == [each.state for each in after], kpi
    assert blanked <= MONEY
    assert {"cost_per_task", "spend"} <= blanked
    for kpi in ("cost_per_task", "spend"):
        (value,) = (each for each in values(unknown, kpi) if each.slice == "")
        assert value.state == "unknown"
        assert value.at_least
        assert value.missing


BEFORE, AFTER = 0.9, 0.55


@pytest.mark.parametrize("a_month", [200, 2_000, 20_000, 200_000, 1_000_000])
@pytest.mark.parametrize("streams", [40, 400, 4_000])
def test_every_gate_of_the_detector_can_be_passed_at_every_volume(a_month: int, streams: int) -> None:
    """A fall from 90 to 55 in 100, told of 200 tasks a month at most, as a sampler with a target count gives them."""
    budget, told = budget_of(streams), min(a_month, 200) / 28
    rates = np.where(np.arange(DAYS) < 28, BEFORE, AFTER)
    found = stream(told * rates, np.full(DAYS, told))
    base = baseline_of(found)
    assert isinstance(base, Baseline)
    (episode,) = (each for way in directions(found) for each in episodes(found, base, way, budget) if each.alarmed)
    assert math.exp(min(600.0, episode.log_e)) >= streams / 0.1  # alone in the feed


@pytest.mark.parametrize("a_month", [200, 2_000, 1_000_000])
def test_a_suspicious_zero_can_be_raised_at_every_volume(a_month: int) -> None:
    assert chance_against(a_month, 0.05) >= LEAST_E


def test_a_week_is_added_before_more_is_asked() -> None:
    """The gates say what is needed in the unit in which it comes: days, cases, points."""
    young = baseline_of(stream([9.0] * 20, [10.0] * 20))
    assert not isinstance(young, Baseline)
    assert (young.have, young.need) == ("20 days", "29 days")
    assert timedelta(days=int(young.need.split()[0]) - int(young.have.split()[0])) == timedelta(days=9)
