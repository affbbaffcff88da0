"""One measured figure: processor time, wall time and the memory that came on top."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc/self")
HEADING = f"{'':<30}{'amount':>18}{'CPU ms':>11}{'wall ms':>11}{'per CPU s':>12}{'+MB':>7}   compared"


@dataclass(frozen=True)
class Cost:
    """What an action took. A / B says how many times the processor time of B the one of A is.

    Other processes of the machine lengthen the wall time most, so ratios are of processor time.
    """

    cpu_s: float
    wall_s: float
    added_mb: float | None = None

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu_s + other.cpu_s, self.wall_s + other.wall_s)

    def __truediv__(self, other: Cost) -> float:
        return self.cpu_s / other.cpu_s if other.cpu_s else float("inf")


@dataclass(frozen=True)
class Figure:
    """What was done to how many of what, and at what cost; `note` compares it with another figure of the run."""

    name: str
    amount: int
    unit: str
    cost: Cost
    note: str = ""

    @property
    def rate(self) -> float:
        """Units per second of processor time."""
        return self.amount / self.cost.cpu_s if self.cost.cpu_s else float("inf")

    def line(self) -> str:
        """The figure as a row of the printed table."""
        amount = f"{self.amount:>10,} {self.unit:<7}"
        times = f"{self.cost.cpu_s * 1000:>11,.1f}{self.cost.wall_s * 1000:>11,.1f}"
        memory = "" if self.cost.added_mb is None else f"{self.cost.added_mb:,.0f}"
        return f"{self.name:<30}{amount}{times}{self.rate:>12,.0f}{memory:>7}   {self.note}".rstrip()


def cost_of(action: Callable[[], object]) -> Cost:
    """Run `action` once and say what it took. Memory is known on Linux only."""
    before = _restart_peak()
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = None if before is None else _status_mb("VmHWM")
    return Cost(cpu, wall, None if before is None or peak is None else max(0.0, peak - before))


def best_of(times: int, action: Callable[[], object]) -> Cost:
    """The cheapest of several runs: the one that the rest of the machine disturbed least."""
    return min((cost_of(action) for _ in range(times)), key=lambda cost: cost.cpu_s)


def _restart_peak() -> float | None:
    """Let the process's peak memory begin anew; returns what it holds now."""
    with suppress(OSError):
        (PROC / "clear_refs").write_text("5")
        return _status_mb("VmRSS")
    return None


def _status_mb(name: str) -> float | None:
    with suppress(OSError):
        for line in (PROC / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return None
