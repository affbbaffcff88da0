"""One measured figure, and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was done to how many of what, in how many seconds; `note` compares it with another figure of the run."""

    name: str
    amount: int
    unit: str
    seconds: float
    note: str = ""

    @property
    def rate(self) -> float:
        """Units per second."""
        return self.amount / self.seconds if self.seconds else float("inf")

    def line(self) -> str:
        """The figure as a row of the printed table."""
        amount = f"{self.amount:>10,} {self.unit:<7}"
        return f"{self.name:<26}{amount}{self.seconds * 1000:>10,.1f} ms{self.rate:>13,.0f} /s   {self.note}".rstrip()


def seconds_of(action: Callable[[], object]) -> float:
    """Run `action` once and return the seconds it took."""
    before = time.perf_counter()
    action()
    return time.perf_counter() - before
