"""What a change is worth a month, with bounds: by the contract's own prices, never by one that nobody named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from metrics import stats, units
from metrics.insights.model import KnownBy, Reading, Worth
from metrics.parts import Row
from metrics.stats.interval import Interval

MONTH_DAYS = 30.0
FACTS_DAYS = 28
LONGEST_WAIT_DAYS = 365
FAILS = frozenset({"success_rate", "accuracy", "completion_rate", "autonomy", "sla_attainment"})
PER_SUCCESS = frozenset({"cost_per_success", "full_cost_per_success"})
TIME_HAS_NO_PRICE = "Time has no price in the agent's contract."
HANDS_OVER = frozenset({"escalation_rate", "containment"})


@dataclass(frozen=True)
class Facts:
    """What is known of an agent's money and volume: from its contract and its last 28 days, or those since its first.

    `first_day` is the first of these days; None where it did nothing.
    """

    agent_id: str
    name: str
    tasks_month: float
    usd_month: float | None
    error_cost: float | None
    person_cost: float | None
    first_day: date | None = None

    @classmethod
    def of(cls, row: Row) -> Facts:
        """The facts in a row of `insight_agents`."""
        scale = MONTH_DAYS / (row["days"] or FACTS_DAYS)  # without a task there is nothing to scale
        minutes, rate = row["baseline_minutes"], row["hourly_rate_usd"]
        return cls(
            row["agent_id"],
            row["agent_name"] or row["agent_id"],
            row["tasks"] * scale,
            None if row["usd"] is None else row["usd"] * scale,
            row["error_cost_usd"],
            minutes * rate / 60 if minutes and rate else None,
            row["first_day"],
        )


def worth_of(
    kpi: str, facts: Facts, before: Reading, after: Reading, share: float = 1.0, cases_month: float | None = None
) -> Worth:
    """The money of a change a month; a gain is negative. `share` is the part of the agent's work that moved.

    `cases_month` is how many cases a number counts that is not about all tasks.
    """
    moved = difference(before, after)
    if after.unit not in ("usd", "ratio"):
        return Worth(None, None, None, _cases(kpi, after.unit, facts, share, cases_month), TIME_HAS_NO_PRICE)
    if moved is None or before.value is None or after.value is None:
        tasks = _cases(kpi, after.unit, facts, share, cases_month)
        return Worth(None, None, None, tasks, "How much it moved is not known well enough to put it into money.")
    return worth_of_move(kpi, after.unit, after.value - before.value, moved, facts, share, cases_month)


def worth_of_move(
    kpi: str,
    unit: str,
    amount: float,
    limits: Interval,
    facts: Facts,
    share: float = 1.0,
    cases_month: float | None = None,
) -> Worth:
    """The same of a difference that is known already, with any interval of it."""
    tasks = _cases(kpi, unit, facts, share, cases_month)
    if unit == "usd":
        what = "good results" if kpi in PER_SUCCESS else "tasks"
        return _worth(
            (amount, limits.lo, limits.hi), tasks, tasks, f"{units.grouped(tasks)} {what} a month at today's volume"
        )
    touched = min(abs(limits.lo), abs(limits.hi)) * tasks if limits.lo > 0 or limits.hi < 0 else 0.0
    if unit != "ratio":
        return Worth(None, None, None, tasks, TIME_HAS_NO_PRICE)
    price, basis = _price(kpi, facts)
    if price is None:
        return Worth(None, None, None, touched, basis)
    worse = -1.0 if kpi in FAILS or kpi == "containment" else 1.0
    low, high = sorted((worse * limits.lo, worse * limits.hi))
    return _worth((worse * amount, low, high), tasks * price, touched, basis)


def _cases(kpi: str, unit: str, facts: Facts, share: float, cases_month: float | None) -> float:
    """How many cases a month a number is about: all of the agent's tasks, or those that it counts."""
    about_all = kpi in FAILS | HANDS_OVER or (unit == "usd" and kpi not in PER_SUCCESS)
    return facts.tasks_month * share if about_all or cases_month is None else cases_month


def _price(kpi: str, facts: Facts) -> tuple[float | None, str]:
    if kpi in FAILS:
        if facts.error_cost is not None:
            return facts.error_cost, f"{units.money(facts.error_cost)} a failure, by the contract (error_cost_usd)"
        if facts.person_cost is not None:
            return (
                facts.person_cost,
                f"{units.money(facts.person_cost)} for a person to do a task over, by the contract",
            )
        return None, "Name error_cost_usd in the agent's contract to put a failure into money."
    if kpi in HANDS_OVER:
        if facts.person_cost is not None:
            return facts.person_cost, f"{units.money(facts.person_cost)} of a person's time a task, by the contract"
        return None, "Name baseline_minutes and hourly_rate_usd in the agent's contract to put hand-overs into money."
    return None, "What this costs is not known: no price of it stands in the agent's contract."


def _worth(amounts: tuple[float, float, float], scale: float, tasks: float, basis: str) -> Worth:
    value, low, high = (amount * scale for amount in amounts)
    return Worth(value, low, high, tasks, basis)


def difference(before: Reading, after: Reading) -> Interval | None:
    """The 95 % interval of after − before; None where a side has no interval."""
    limits = (before.value, before.low, before.high, after.value, after.low, after.high)
    if any(each is None for each in limits):
        return None
    b, b_lo, b_hi, a, a_lo, a_hi = (float(each or 0.0) for each in limits)
    return stats.difference_interval(a, Interval(a_lo, a_hi), b, Interval(b_lo, b_hi))


def known_by(before: tuple[float, float], after: tuple[float, float], days: int, today: Reading) -> KnownBy:
    """How many cases show that an action has taken the rate back to what it was, and when they will have come."""
    rates = [k / n if n else 0.0 for k, n in (before, after)]
    if rates[0] == rates[1]:
        return KnownBy(0, None)
    needed = int(stats.sample_size_two_proportions(rates[0], rates[1])["n_per_arm_arcsine"]) + 1
    pace = after[1] / days if days else 0.0
    if not pace or needed / pace > LONGEST_WAIT_DAYS:
        return KnownBy(needed, None)
    return KnownBy(needed, today.end + timedelta(days=int(needed / pace) + 1))
