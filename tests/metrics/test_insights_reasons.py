"""Rate or mix, slices found on odd days and confirmed on even ones, causes of failures, and money at stake."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.insights.causes import UNCODED, Named, first_failures, pareto
from metrics.insights.mixing import rate_or_mix
from metrics.insights.model import Reading, Segment
from metrics.insights.slices import Case, confirmed, shrunk
from metrics.insights.worth import Facts, worth_of
from metrics.insights.zeros import chance_against

START = date(2026, 10, 5)
counts = st.dictionaries(
    st.sampled_from("abcd"), st.tuples(st.integers(1, 40), st.integers(40, 90)), min_size=2, max_size=4
)


@given(counts, counts)
def test_rate_and_mix_add_up_to_the_change(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    found = rate_or_mix("task_type", before, after)
    assert found is not None
    assert found.rate.amount + found.mix.amount == pytest.approx(found.total)


def test_a_shift_between_kinds_that_stay_as_they_were_is_all_mix() -> None:
    found = rate_or_mix(
        "task_type", {"simple": (160, 200), "complex": (40, 100)}, {"simple": (36, 45), "complex": (36, 90)}
    )
    assert found is not None
    assert found.mix.clear
    assert found.mix.amount == pytest.approx(-2 / 15)
    assert not found.rate.clear
    assert found.rate.amount == pytest.approx(0)


def test_one_kind_of_work_is_nothing_to_take_apart() -> None:
    assert rate_or_mix("task_type", {"a": (1, 2)}, {"a": (1, 2)}) is None


def cases(bad_now: float, days: int = 28) -> list[Case]:
    """Work of two kinds in two regions; from the middle on one kind fails in one region."""
    draw = np.random.default_rng(1)
    found = []
    for place in range(days):
        after = place >= days // 2
        for kind in ("refund", "return"):
            for region in ("eu", "us"):
                rate = bad_now if after and (kind, region) == ("refund", "eu") else 0.1
                bad = float(draw.binomial(20, rate))
                literals = (Segment("region", region), Segment("task_type", kind))
                found.append(Case(START + timedelta(days=place), after, literals, bad, 20.0))
    return found


def test_the_slice_that_got_worse_is_found_and_no_wider_one() -> None:
    found = confirmed(cases(0.6))
    assert found[0].literals == (Segment("region", "eu"), Segment("task_type", "refund"))
    assert found[0].explained == pytest.approx(1, abs=0.35)
    assert found[0].p_adjusted < 0.001


def test_nothing_is_confirmed_where_nothing_changed() -> None:
    assert confirmed(cases(0.1)) == ()


def test_a_small_slice_is_drawn_to_the_mean() -> None:
    assert shrunk(2, 2, 10, 100) == pytest.approx((2 + 3) / 32)
    assert shrunk(200, 200, 10, 100) > 0.85


def test_shares_of_causes_add_up_and_what_nobody_named_is_a_bar_of_its_own() -> None:
    found = pareto([Named("tool", 6, 6, 6), Named("", 3, 3, 3), Named("policy", 1, 1, 1)], failure_rate=0.2)
    assert [cause.name for cause in found] == ["tool", "policy", UNCODED]
    assert sum(cause.share for cause in found) == pytest.approx(1)
    assert found[0].fix_gain == pytest.approx(0.12)
    assert all(cause.low < cause.share < cause.high for cause in found)


def test_a_cause_that_few_were_checked_for_weighs_by_its_chance_of_being_checked() -> None:
    found = pareto([Named("rarely checked", 5, 50, 500), Named("always checked", 50, 50, 50)])
    assert [cause.share for cause in found] == [0.5, 0.5]
    assert found[0].high - found[0].low > 0.3


def expected_of(shared: Path) -> dict[str, dict[str, int]]:
    """What the origin files of the real runs hold."""
    found: dict[str, dict[str, int]] = json.loads((shared / "data" / "expected" / "expected.json").read_text())
    return found


def labels(shared: Path, source: str, name: str) -> list[dict[str, object]]:
    """The labels of real runs that people gave."""
    rows = pq.read_table(shared / "data" / "normalized" / "labels.parquet").to_pylist()
    return [row for row in rows if row["source"] == source and row["label_name"] == name]


def test_the_root_causes_that_people_found_in_real_runs_give_the_pareto(shared: Path) -> None:
    expected = expected_of(shared)["agentrx/human_root_causes"]
    rows = labels(shared, "agentrx", "root_cause_category")
    found = pareto([Named(str(row["value_text"]), 1, 1, 1) for row in rows])
    assert {cause.name: cause.n for cause in found} == expected
    assert found[0].name == "Misinterpretation of Tool Output"
    assert found[0].low < found[0].share == 12 / sum(expected.values()) < found[0].high


def test_of_all_failures_of_a_real_run_only_the_first_counts(shared: Path) -> None:
    rows = labels(shared, "agentrx", "failure_category")
    steps = [{"run": row["run_uid"], "step": row["step_index"], "cause": row["value_text"]} for row in rows]
    found = pareto(first_failures(steps))
    assert sum(cause.n for cause in found) == len({row["run_uid"] for row in rows}) < len(rows)
    assert (
        first_failures([{"run": 1, "step": 5, "cause": "late"}, {"run": 1, "step": 2, "cause": "first"}])[0].cause
        == "first"
    )


def test_the_mistakes_that_people_found_name_the_agent_that_made_them(shared: Path) -> None:
    expected = expected_of(shared)["whowhen/mistakes_by_agent_top10"]
    wanted = {name.split("|")[1]: 0 for name in expected}
    for name, count in expected.items():
        wanted[name.split("|")[1]] += count
    rows = labels(shared, "whowhen", "mistake")
    found = {cause.name: cause.n for cause in pareto([Named(str(row["target_agent"]), 1, 1, 1) for row in rows])}
    assert max(found, key=lambda name: found[name]) == "WebSurfer"
    assert all(found[name] >= count for name, count in wanted.items())


FACTS = Facts("refunds", "Refunds", 1000, 500.0, error_cost=30.0, person_cost=9.0)


def reading(value: float, half: float, unit: str = "ratio") -> Reading:
    return Reading(START, START + timedelta(days=28), value, value - half, value + half, 400, unit)


def test_a_drop_is_worth_its_failures_by_the_contract_with_bounds() -> None:
    found = worth_of("accuracy", FACTS, reading(0.9, 0.01), reading(0.8, 0.02))
    assert found.value == pytest.approx(0.1 * 1000 * 30)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.value < found.high


def test_a_rise_is_a_gain_and_reads_negative() -> None:
    found = worth_of("accuracy", FACTS, reading(0.8, 0.01), reading(0.9, 0.01))
    assert found.high is not None
    assert found.high < 0


def test_what_has_no_price_is_not_made_up() -> None:
    bare = Facts("refunds", "Refunds", 1000, None, None, None)
    found = worth_of("accuracy", bare, reading(0.9, 0.01), reading(0.8, 0.02))
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "error_cost_usd" in found.basis
    assert found.tasks > 50


def test_no_event_in_many_cases_speaks_against_a_rate_as_an_e_value() -> None:
    """Under the rate itself its mean is one: (1 − p)^n of the time it is 1/(1 − p)^n, else nothing."""
    assert chance_against(100, 0.05) * 0.95**100 == pytest.approx(1)
