"""When an agent has earned back what it cost to build: from its net value and the fixed costs of its contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from metrics import units
from metrics.insights.worth import MONTH_DAYS
from metrics.model import Access, Query, Value
from metrics.parts import Reader, Row
from metrics.run import run

SETTINGS = ("setup_cost_usd", "monthly_cost_usd")
NAMED = 3


@dataclass(frozen=True)
class Payback:
    """Months from the start until what building cost is earned back, at the pace of the days asked for.

    `months` None: unknown, or never at this pace. `low` and `high` follow from the interval of the net value; `high`
    None beside known months: it may never be.
    """

    state: Literal["ok", "never", "unknown"]
    text: str
    months: float | None = None
    low: float | None = None
    high: float | None = None


def payback(published: Reader, query: Query, access: Access, whole: Value) -> Payback:
    """The payback of the agents that `whole`, their net value over the days of the query, is about."""
    if whole.value is None or whole.state == "unknown":
        return Payback("unknown", "Payback: unknown, as net value is.")
    contracts = _contracts(published, query, access)
    lacking = [row["agent_name"] or row["agent_id"] for row in contracts if any(row[name] is None for name in SETTINGS)]
    if lacking:
        missing = [name for name in SETTINGS if any(row[name] is None for row in contracts)]
        return Payback(
            "unknown", f"Payback: unknown; name {' and '.join(missing)} in the contract of {_listed(lacking)}."
        )
    setup, fixed = (sum(float(row[name]) for row in contracts) for name in SETTINGS)
    months = MONTH_DAYS / (query.end - query.start).days
    value, low, high = (
        None if each is None else each * months - fixed for each in (whole.value, whole.low, whole.high)
    )
    return _paid(setup, fixed, value or 0.0, low, high)


def _paid(setup: float, fixed: float, left: float, low: float | None, high: float | None) -> Payback:
    """From what is left a month, with its bounds."""
    if not setup:
        return Payback("ok", "Payback: nothing to earn back, building it cost nothing.", 0.0, 0.0, 0.0)
    gross = units.money(left + fixed)
    if left <= 0:
        return Payback(
            "never", f"No payback at this pace: {gross} net value a month, {units.money(fixed)} fixed costs."
        )
    soonest = setup / high if high is not None and high > 0 else None
    latest = setup / low if low is not None and low > 0 else None
    between = (
        "" if soonest is None else f" ({_months(soonest)}{units.DASH}{'never' if latest is None else _months(latest)})"
    )
    text = (
        f"Payback in {_months(setup / left)} months{between}: {units.money(setup)} to build it, {units.money(left)} a "
        f"month left of {gross} net value after {units.money(fixed)} fixed costs, at the pace of these days."
    )
    return Payback("ok", text, setup / left, soonest, latest)


def _months(value: float) -> str:
    return units.grouped(value, 1)


def _contracts(published: Reader, query: Query, access: Access) -> list[Row]:
    """What the owners of the agents with a net value declare."""
    values = run(published, "net_value", replace(query, by="total", group=("agent",)), access)
    found = [each.agent_id for each in values if each.value is not None]
    return published.rows(
        "SELECT agent_id, agent_name, setup_cost_usd, monthly_cost_usd FROM agents"
        " WHERE list_contains($found::VARCHAR[], agent_id) ORDER BY agent_id",
        {"found": found},
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} (ledger.toml)"
