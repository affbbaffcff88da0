"""How numbers read."""

from __future__ import annotations

import pytest

from metrics import units
from metrics.model import Change, Scale

T = units.THIN


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "usd", "—"),
        (float("nan"), "ms", "—"),
        (0.866, "ratio", f"86.6{T}%"),
        (0.0084, "ratio", f"0.84{T}%"),
        (0.0, "ratio", f"0{T}%"),
        (1.0, "ratio", f"100{T}%"),
        (0.99995, "ratio", f">99.9{T}%"),
        (0.00001, "ratio", f"<0.01{T}%"),
        (3120, "count", f"3{T}120"),
        (-3120, "count", f"−3{T}120"),
        (0, "count", "0"),
        (0.18423, "usd", "$0.184"),
        (0.0123, "usd", "$0.0123"),
        (0.9996, "usd", "$1.00"),
        (12.3, "usd", "$12.30"),
        (1204.4, "usd", f"$1{T}204"),
        (-2.5, "usd", "−$2.50"),
        (0, "usd", "$0"),
        (840.4, "ms", f"840{T}ms"),
        (999.9, "ms", f"1.00{T}s"),
        (48_230, "ms", f"48.2{T}s"),
        (59_990, "ms", f"1{T}min"),
        (168_000, "ms", f"2{T}min{T}48{T}s"),
        (11_520_000, "ms", f"3{T}h{T}12{T}min"),
        (187_200_000, "ms", f"2{T}d{T}4{T}h"),
        (12_345_678, "tokens", f"12.3{T}M"),
        (9_999, "tokens", f"9{T}999"),
        (45_600, "tokens", f"45.6{T}k"),
    ],
)
def test_a_number_reads_in_the_words_of_its_unit(value: float | None, unit: str, text: str) -> None:
    assert units.text(value, unit) == text


def test_a_figure_is_split_for_big_type() -> None:
    assert units.figure(168_000, "ms").parts == (("2", "min"), ("48", "s"))
    assert (units.figure(0.866, "ratio").value, units.figure(0.866, "ratio").unit) == ("86.6", "%")
    assert units.figure(0.184, "usd").parts == (("$0.184", ""),)


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "text"),
    [
        (0.9, 0.896, 0.904, "ratio", "±0.4"),
        (0.9, 0.87, 0.91, "ratio", "87–91"),
        (0.5, None, None, "ratio", ""),
        (0.184, 0.171, 0.199, "usd", "$0.171–0.199"),
        (41_000, 38_000, 47_000, "ms", f"38.0–47.0{T}s"),
        (60_000, 51_000, 70_000, "ms", f"51.0{T}s–1{T}min{T}10{T}s"),
        (41_000, 38_000, None, "ms", f"≥{T}38.0{T}s"),
        (41_000, None, 47_000, "ms", f"≤{T}47.0{T}s"),
        (0.0, 0.0, 0.0, "usd", ""),
        (None, 0.0, 0.0, "usd", "$0"),
        (2.3, 2.2999, 2.3001, "count", ""),
    ],
)
def test_an_interval_stands_beside_its_number(
    value: float | None, low: float | None, high: float | None, unit: str, text: str
) -> None:
    assert units.interval(value, low, high, unit) == text


@pytest.mark.parametrize(
    ("amount", "scale", "text"),
    [
        (0.112, "relative", f"▲ 11{T}%"),
        (-0.011, "points", f"▼ 1.1{T}pt"),
        (0.0, "points", f"■ 0{T}pt"),
        (None, "relative", "—"),
    ],
)
def test_a_change_says_direction_and_size(amount: float | None, scale: Scale, text: str) -> None:
    assert units.change(Change("k", scale, amount, None, None, None, None, "cannot_tell", "")) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.123456, "ratio", f"12.346{T}%"),
        (1234.5678912, "usd", f"$1{T}234.567891"),
        (1234.0, "ms", f"1{T}234{T}ms"),
        (1234.0, "count", f"1{T}234"),
        (None, "count", "—"),
    ],
)
def test_the_plain_form_hides_no_digit_that_matters(value: float | None, unit: str, text: str) -> None:
    assert units.plain(value, unit) == text
