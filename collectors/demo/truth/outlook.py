"""What follows from the numbers: when an agent has paid itself back, and what its month will have cost."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from statistics import median

from collectors.demo.truth.figures import net_value
from collectors.demo.truth.span import Span

MONTH_DAYS = 30
USUAL_DAYS = 56
DAY = timedelta(days=1)


def payback_months(span: Span) -> float | None:
    """Months until building it is earned back at the pace of these days; None where something is not declared."""
    setup, fixed, worth = span.contract.setup_cost_usd, span.contract.monthly_cost_usd, net_value(span)[""].value
    if setup is None or fixed is None or worth is None:
        return None
    left = worth / (span.until - span.first).days * MONTH_DAYS - fixed
    return setup / left if left > 0 else None


def month_end(span: Span) -> tuple[float, float] | None:
    """Spend of the month of the last day so far, and by its end if each day left costs the median of its weekday."""
    spent: dict[date, float] = defaultdict(float)
    for call in span.calls:
        if call.cost_usd is not None:
            spent[call.day] += float(call.cost_usd)
    recent = [span.until - number * DAY for number in range(USUAL_DAYS, 0, -1)]
    days = [day for day in recent if day >= min((each for each in spent if each >= recent[0]), default=span.until)]
    last = span.until - DAY
    if len(days) < 14:
        return None
    so_far = math.fsum(spent[day] for day in days if (day.year, day.month) == (last.year, last.month))
    left = [
        day
        for day in (last + number * DAY for number in range(1, 32))
        if (day.year, day.month) == (last.year, last.month)
    ]
    usual = {each: median(spent[day] for day in days if day.weekday() == each) for each in range(7)}
    return so_far, so_far + math.fsum(usual[day.weekday()] for day in left)
