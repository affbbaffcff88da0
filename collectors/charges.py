"""What AWS charges for reading, estimated: calls times the prices of charges.csv.

Prices with no day under `read_on` are from memory or second hand and were not read on a page of AWS.

An estimate from above: list prices of us-east-1 in USD, free tiers not taken off, retried requests counted. A call that
the list does not know has no charge that we could name: unknown, not 0. What costs nothing stands there with 0.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from collectors.calls import CallCount
from sql.rows import Called

FILE = Path(__file__).with_name("charges.csv")


@dataclass(frozen=True)
class Charge:
    """USD for one `unit` (request, metric, trace) of the operations that `operation` names; `*` stands for any rest."""

    operation: str
    unit: str
    usd: Decimal
    source: str


@cache
def price_list() -> tuple[Charge, ...]:
    """Every row of charges.csv."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Charge(row["operation"], row["unit"], Decimal(row["usd"]), row["source"]) for row in csv.DictReader(file)
        )


@cache
def charge_of(operation: str) -> Charge | None:
    """The price of an operation, None where it is not known."""
    return next((each for each in price_list() if fnmatchcase(operation, each.operation)), None)


def called(calls: CallCount) -> tuple[Called, ...]:
    """Each operation with how often it was called and what that costs."""
    return tuple(_called(operation, count, calls) for operation, count in sorted(calls.operations.items()))


def charged(calls: Iterable[Called]) -> float | None:
    """USD of these calls together; None where one of them has no known price."""
    prices = [each.usd for each in calls]
    return None if None in prices else float(sum(price for price in prices if price is not None))


def _called(operation: str, count: int, calls: CallCount) -> Called:
    charge = charge_of(operation)
    if charge is None:
        return Called(operation, count, None, None)
    units = count if charge.unit == "request" else calls.units[operation]
    return Called(operation, count, units, float(charge.usd * units))
