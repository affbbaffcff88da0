"""The cost bridge: offsetting factors, time reversal, prices that became known, and two periods that are the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.insights.bridge import bridge
from metrics.insights.model import Bridge, Factor

BEFORE, AFTER = (date(2026, 10, 1), date(2026, 10, 29)), (date(2026, 10, 29), date(2026, 11, 26))
Row = dict[str, Any]
Use = tuple[float, float, float, float | None, float]  # calls, input a call, output a call, price a token, factor


def group(part: int, tasks: float, models: Mapping[str, tuple[float, float, float, float | None]]) -> list[Row]:
    """Rows of `insight_calls` for one group: model → calls, input and output tokens a call, price a token."""
    blank = dict.fromkeys(("model", "token_kind", "tasks", "model_calls", "tokens", "priced_tokens", "usd"))
    rows: list[Row] = [blank | {"part": part, "tasks": tasks}]
    for model, (calls, given_tokens, answer, price) in models.items():
        rows.append(blank | {"part": part, "model": model, "model_calls": calls})
        for kind, tokens in (("input", calls * given_tokens), ("output", calls * answer)):
            known = {"priced_tokens": None, "usd": None} if price is None else {
                "priced_tokens": tokens, "usd": tokens * price}  # fmt: skip
            rows.append(blank | {"part": part, "model": model, "token_kind": kind, "tokens": tokens} | known)
    return rows


def period(models: Mapping[str, tuple[float, float, float, float | None]], groups: int = 40) -> list[Row]:
    """So many groups of ten tasks that are all alike."""
    return [row for part in range(groups) for row in group(part, 10, models)]


def made(before: list[Row], after: list[Row]) -> dict[str, Factor]:
    return {factor.name: factor for factor in whole(before, after).factors}


def whole(before: list[Row], after: list[Row]) -> Bridge:
    return bridge(before, after, BEFORE, AFTER)


def dear_and_cheap(dear: float, price: float) -> dict[str, tuple[float, float, float, float | None]]:
    """Ten calls a group, so many of them to a model five times as dear."""
    return {"dear": (10 * dear, 900, 100, 5 * price), "cheap": (10 * (1 - dear), 900, 100, price)}


def test_a_dearer_mix_and_halved_prices_are_both_seen() -> None:
    found = made(period(dear_and_cheap(0.1, 1e-6)), period(dear_and_cheap(0.6, 0.5e-6)))
    assert found["Choice of model"].multiplier == pytest.approx(3.4 / 1.4)
    assert found["Price"].multiplier == pytest.approx(0.5)
    assert found["Choice of model"].note == "more of dear"


def test_factors_that_cancel_out_are_still_both_named() -> None:
    found = whole(period(dear_and_cheap(0.1, 1e-6)), period(dear_and_cheap(0.6, 7 / 17 * 1e-6)))
    assert found.after.value == pytest.approx(found.before.value)
    assert {factor.name for factor in found.factors if factor.moved} == {"Choice of model", "Price"}


shares = st.floats(0.05, 0.95)
numbers = st.floats(0.2, 5.0)
periods = st.tuples(shares, numbers, numbers, numbers).map(
    lambda drawn: {
        "a": (10 * drawn[0], 900 * drawn[1], 100 * drawn[2], 1e-6 * drawn[3]),
        "b": (10 * (1 - drawn[0]), 500 * drawn[2], 200 * drawn[1], 3e-6),
    }
)


@given(periods, periods)
def test_the_bridge_back_is_the_bridge_there_turned_round(one: Any, other: Any) -> None:
    there, back = made(period(one, 3), period(other, 3)), made(period(other, 3), period(one, 3))
    for name, factor in there.items():
        assert factor.multiplier * back[name].multiplier == pytest.approx(1)


@given(periods, periods)
def test_multipliers_multiply_to_the_change_and_dollars_add_up_to_it(one: Any, other: Any) -> None:
    found = whole(period(one, 3), period(other, 3))
    assert found.before.value
    assert found.after.value
    assert math.prod(factor.multiplier for factor in found.factors) == pytest.approx(
        found.after.value / found.before.value
    )
    assert found.residual == pytest.approx(0, abs=1e-12)


def test_a_price_that_became_known_is_coverage_and_no_rise_of_the_price() -> None:
    before = period({"old": (5, 900, 100, 1e-6), "new": (5, 900, 100, None)})
    after = period({"old": (5, 900, 100, 1e-6), "new": (5, 900, 100, 1e-6)})
    found = made(before, after)
    assert found["Share of calls with a price"].multiplier == pytest.approx(2)
    assert found["Price"].multiplier == pytest.approx(1)


def test_a_model_that_is_new_moves_only_the_choice_of_model() -> None:
    found = made(period({"old": (10, 900, 100, 1e-6)}), period({"new": (10, 900, 100, 2e-6)}))
    moved = {name for name, factor in found.items() if abs(factor.multiplier - 1) > 1e-9}
    assert moved == {"Choice of model"}


def test_two_periods_of_the_same_work_are_called_moved_in_at_most_one_of_twenty() -> None:
    """Twenty tasks a side whose length is log-normal with σ = 1."""
    draw = np.random.default_rng(11)
    moved = 0
    for _ in range(200):
        sides = [
            [
                row
                for part, size in enumerate(draw.lognormal(0, 1, 20))
                for row in group(part, 1, {"m": (2, 900 * size, 50, 1e-6)})
            ]
            for _ in range(2)
        ]
        moved += any(factor.moved for factor in whole(sides[0], sides[1]).factors)
    assert moved <= 10


def test_a_real_doubling_is_called_moved() -> None:
    draw = np.random.default_rng(12)
    sides = [
        [
            row
            for part, size in enumerate(draw.lognormal(0, 0.4, 40))
            for row in group(part, 5, {"m": (10, scale * size, 50, 1e-6)})
        ]
        for scale in (900, 1800)
    ]
    found = made(sides[0], sides[1])
    assert found["Length of input"].moved
    assert 1.4 < found["Length of input"].multiplier < 2.6


def test_too_few_tasks_are_withheld_with_both_numbers() -> None:
    found = whole(group(0, 14, {"m": (14, 900, 100, 1e-6)}), group(0, 9, {"m": (9, 900, 100, 1e-6)}))
    assert found.factors == ()
    assert found.withheld == (
        "Not enough to compare: 9 tasks in this period and 14 in the one before, against the 20 that both sides need."
    )


def test_work_at_a_price_of_zero_is_not_called_work_without_a_price() -> None:
    free, dear = period({"m": (10, 900, 100, 0.0)}), period({"m": (10, 900, 100, 1e-6)})
    assert whole(free, free).withheld == (
        "The price of every call that has one is $0, in both periods: there is no change to explain."
    )
    for before, after in ((free, dear), (dear, free)):
        withheld = whole(before, after).withheld
        assert withheld is not None
        assert withheld.startswith("The calls of one period cost $0")


def test_work_without_any_price_is_withheld() -> None:
    found = whole(period({"m": (10, 900, 100, None)}), period({"m": (10, 900, 100, None)}))
    assert found.withheld == "No call of one period has a price: what the tasks cost is not known."
