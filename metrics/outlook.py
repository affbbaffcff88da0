"""What follows from a number: the month's end for spend, payback, the errors a promise leaves, a proven threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from metrics import stats, units
from metrics.catalogue import Kpi
from metrics.model import Access, Query, Value
from metrics.parts import Reader, Row, statement
from metrics.payback import payback
from metrics.run import run
from metrics.states import read_freshness
from metrics.stats.forecast import LEAST_DAYS, Forecast

USUAL_DAYS = 56
RIGHT_ENOUGH = 0.95


def outlook(published: Reader, kpi: Kpi, query: Query, access: Access, whole: Value) -> str | None:
    """One sentence for the KPIs that have one; it says what is missing where it cannot be said."""
    if kpi.id == "spend":
        return _month_end(published, kpi, query, access)
    if kpi.id == "sla_attainment":
        return _error_budget(published, query, whole)
    if kpi.id == "net_value":
        return payback(published, query, access, whole).text
    if kpi.id == "calibration":
        return _threshold(statement(kpi, query, access).run(published))
    return None


@dataclass(frozen=True)
class MonthEnd:
    """Spend by the end of a month. `said` None: there are too few `days`. `at_least`: some calls have no price."""

    said: Forecast | None
    days: int
    at_least: bool


def month_end(published: Reader, kpi: Kpi, query: Query, access: Access, open_day: date) -> MonthEnd:
    """The forecast for the month of the day before `open_day`, the first that is not complete."""
    asked = replace(query, start=open_day - timedelta(days=USUAL_DAYS), end=open_day, by="day", group=())
    found = [value for value in run(published, kpi, asked, access) if not value.slice]
    days = _with_quiet_days([value for value in found if value.value is not None], open_day)
    said = stats.month_end_forecast(days, open_day - timedelta(days=1)) if days else None
    # A day of which no call has a price adds nothing here, and did cost something.
    return MonthEnd(said, len(days), any(value.at_least or (value.value is None and value.n) for value in found))


def _month_end(published: Reader, kpi: Kpi, query: Query, access: Access) -> str:
    """Spend by the end of the month that the data reach into, against the budget."""
    open_day = read_freshness(published).first_incomplete_day() or query.end
    found = month_end(published, kpi, query, access, open_day)
    said = found.said
    if said is None:
        return f"Month's end: unknown; it takes {LEAST_DAYS} complete days of spending, there are {found.days}."
    bound = "at least " if found.at_least else ""
    low, high = units.money(said.lo), units.money(said.hi)
    return (
        f"{bound.capitalize()}{units.money(said.so_far)} this month to {open_day - timedelta(days=1)}; "
        f"by its end {bound}{units.money(said.value)} ({low}{units.DASH}{high}), if the days left are usual ones. "
        f"{_budget(published, query, access, said, bound)}"
    )


def _budget(published: Reader, query: Query, access: Access, said: Forecast, bound: str) -> str:
    """The month so far and its end against what the owner allows."""
    rows = published.rows(
        """SELECT monthly_budget_usd AS budget FROM agents
           WHERE list_contains($agents::VARCHAR[], agent_id) AND monthly_budget_usd IS NOT NULL""",
        {"agents": [agent for agent in query.agents or () if access.allows(agent)]},
    )
    if len(query.agents or ()) != 1 or not rows:
        return "Budget: unknown; it takes one agent with monthly_budget_usd in its contract (ledger.toml)."
    budget = float(rows[0]["budget"])
    used, end, low, high = (each / budget for each in (said.so_far, said.value, said.lo, said.hi))
    between = units.interval(end, low, high, "ratio")
    over = "; the budget will be exceeded" if low > 1 else "; it may be exceeded" if high > 1 else ""
    return (
        f"Of the budget of {units.money(budget)}: {bound}{units.text(used, 'ratio')} used, by its end {bound}"
        f"{units.text(end, 'ratio')} ({between}){over}."
    )


def _with_quiet_days(found: Sequence[Value], end: date) -> dict[date, float]:
    """What each day cost, from the first day with spending on; a day without any cost nothing."""
    if not found:
        return {}
    spent = {value.start: value.value or 0.0 for value in found}
    first = min(spent)
    return {day: spent.get(day, 0.0) for day in (first + timedelta(days=n) for n in range((end - first).days))}


def _error_budget(published: Reader, query: Query, whole: Value) -> str:
    """How much of what the promise allows to miss is used up."""
    last = query.end - timedelta(days=1)
    targets = published.rows(
        """SELECT DISTINCT target FROM targets WHERE kpi = 'sla_attainment' AND limit_kind = 'min'
               AND valid_from <= $last AND (valid_to IS NULL OR valid_to > $last)
               AND list_contains($agents::VARCHAR[], agent_id)""",
        {"last": last, "agents": list(query.agents or ())},
    )
    if len(targets) != 1 or not 0 < targets[0]["target"] < 1:
        return "Error budget: unknown; it takes one agent with a target for sla_attainment in ledger.toml."
    target = targets[0]["target"]
    if whole.value is None:
        return f"Error budget of a target of {units.text(target, 'ratio')}: unknown, as the number is."
    used = (1 - whole.value) / (1 - target)
    left = units.text(max(0.0, 1 - used), "ratio")
    return f"Error budget of a target of {units.text(target, 'ratio')}: {units.text(used, 'ratio')} used, {left} left."


def _threshold(rows: Sequence[Row]) -> str:
    """The lowest stated confidence from which on answers are right often enough, proven (Learn-then-Test)."""
    bins = {int(row["slice"]): row for row in rows if row["slice"] not in (None, "none") and row["n"]}
    grid, kept, right, n = [], [], 0.0, 0
    for bin_ in sorted(bins, reverse=True):
        right, n = right + bins[bin_]["numerator"], n + bins[bin_]["n"]
        grid.append(bin_ / 100)
        kept.append((int(right), n))
    wanted = units.text(RIGHT_ENOUGH, "ratio")
    chosen = stats.threshold_fixed_sequence(grid, kept, RIGHT_ENOUGH).chosen
    if chosen is None:
        return f"No threshold of confidence can be proven to give {wanted} right answers with these {n} checked ones."
    share = kept[grid.index(chosen)][1] / n
    below = units.text(1 - share, "ratio")
    return (
        f"From a confidence of {chosen:g} on, {wanted} right answers are proven; {below} of the {n} checked ones "
        "lie below and would go to people."
    )
