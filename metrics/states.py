"""Whether a number may be trusted, and in words what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from metrics import units
from metrics.catalogue import Kpi
from metrics.estimated import Estimate
from metrics.model import State
from metrics.parts import Reader
from sql.published import Published

WIDEST_HALF = 0.10
SHARE_STILL_OPEN = 0.05
_ROUNDING = 1e-9
_COUNTED = {
    "tasks": "tasks", "model_calls": "model calls", "calls_by_task": "model calls", "tool_calls": "tool calls",
    "tools_by_task": "tool calls", "handovers": "hand-overs", "labels": "reviews",
}  # fmt: skip
_WEIGHTED = ("weighted_ratio", "accuracy")
Judged = tuple[State, str | None]


@dataclass(frozen=True)
class Freshness:
    """The organisation's time zone and how far the data reach (UTC; None where the file does not say)."""

    zone: ZoneInfo
    through: datetime | None

    def complete(self, end: date) -> bool:
        """Whether every day before `end` is over and its data have arrived."""
        return self.through is None or _midnight(end, self.zone) <= self.through

    def first_incomplete_day(self) -> date | None:
        """The day that the data reach into but not to the end of."""
        return None if self.through is None else self.through.astimezone(self.zone).date()


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins; UTC, which is told from other times much faster."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def read_freshness(published: Reader) -> Freshness:
    """What the published file says about its time zone and reach. It never changes: it is read once."""
    if not isinstance(published, Published):
        return _freshness(published)
    if published not in _FRESH:
        _FRESH[published] = _freshness(published)
    return _FRESH[published]


_FRESH: WeakKeyDictionary[Published, Freshness] = WeakKeyDictionary()


def _freshness(published: Reader) -> Freshness:
    org = {row["key"]: row["value"] for row in published.rows("SELECT key, value FROM org", {})}
    reach = org.get("data_through_at")
    through = datetime.fromisoformat(reach) if reach else None
    if through is not None and through.tzinfo is None:
        through = through.replace(tzinfo=UTC)
    return Freshness(ZoneInfo(org.get("timezone") or "UTC"), through)


class Moment(NamedTuple):
    """What decides about maturity: the last day of a number, and how many of its tasks are finished for good."""

    end: date
    freshness: Freshness
    tasks: int = 0
    mature: int = 0


def judge(kpi: Kpi, estimate: Estimate, moment: Moment) -> Judged:
    """The state of a number, with what is missing. The first rule that applies wins."""
    return (
        _without_value(kpi, estimate)
        or _without_evidence(kpi, estimate)
        or _too_few(kpi, estimate)
        or _unfinished(kpi, estimate, moment)
        or _partly_priced(kpi, estimate)
        or ("ok", None)
    )


def lower_bound(kpi: Kpi, estimate: Estimate) -> bool:
    """Whether the number is only a lower bound: money of which some calls have no price (unpriced is never $0).

    Not so for cost per success: a task without a verdict may be a success, which would make it smaller. Nor for a value
    that costs are taken off: what is not priced makes it smaller.
    """
    if kpi.unit != "usd" or kpi.kind == "cost_ratio" or kpi.better == "higher" or estimate.value is None:
        return False
    return _partly_covered(estimate)


def _partly_covered(estimate: Estimate) -> bool:
    return estimate.covered is not None and estimate.covered < (estimate.eligible or 0)


def _without_value(kpi: Kpi, estimate: Estimate) -> Judged | None:
    if estimate.value is not None:
        return None
    if kpi.kind == "pass_k":
        times = {"1": "once", "2": "twice"}.get(estimate.slice[2:], f"{estimate.slice[2:]} times")
        return "not_applicable", f"No job came {times} or more with a known result."
    if estimate.eligible and not estimate.covered:
        return "unknown", _evidence(kpi, estimate)
    if estimate.note and estimate.n:
        return "unknown", estimate.note
    if kpi.kind == "cost_ratio" and estimate.denominator == 0 and estimate.numerator is not None:
        amount = units.text(estimate.numerator, "usd")
        return "not_applicable", f"No success yet, {'at least ' if _partly_covered(estimate) else ''}{amount} spent."
    if estimate.denominator is None and kpi.kind == "cost_ratio" and estimate.n:
        return "unknown", "No task has a verdict."
    if estimate.numerator is None and (estimate.n or estimate.eligible):
        return "unknown", f"None of {_counted(estimate.n or estimate.eligible or 0, kpi)} reports it."
    if kpi.kind == "count":
        return "unknown", "No telemetry covers this period."
    if kpi.missing and not estimate.eligible:
        return "unknown", kpi.missing
    return "not_applicable", "Nothing to count in this period."


def _without_evidence(kpi: Kpi, estimate: Estimate) -> Judged | None:
    if not kpi.minimum_coverage:
        return None
    coverage = estimate.coverage
    if coverage is None:
        return "unknown", "No model call was seen: what it cost is not known."
    return ("unknown", _evidence(kpi, estimate)) if coverage < kpi.minimum_coverage else None


def _evidence(kpi: Kpi, estimate: Estimate) -> str:
    """How much of the evidence there is and, for money, what its lack does to the number."""
    covered, eligible = estimate.covered or 0, estimate.eligible or 0
    counted = f"{units.grouped(covered)} of {units.grouped(eligible)} {kpi.evidence}"
    if not covered:
        return f"{counted}."
    if kpi.unit != "usd":
        return f"Only {counted}."
    effect = "the number is a lower bound" if lower_bound(kpi, estimate) else "the others are not in the number"
    return f"{'Only ' if covered < kpi.minimum_coverage * eligible else ''}{counted}: {effect}."


def _too_few(kpi: Kpi, estimate: Estimate) -> Judged | None:
    if estimate.n < estimate.minimum_n:
        return "low_n", _how_few(kpi, estimate)
    if not estimate.bounded:
        return "low_n", _unbounded(kpi)
    if estimate.n_eff is not None and round(estimate.n_eff) < estimate.minimum_n:
        return "low_n", _how_lopsided(kpi, estimate, estimate.n_eff)
    low, high = estimate.interval
    if kpi.kind in _WEIGHTED and low is not None and high is not None and (high - low) / 2 > WIDEST_HALF:
        half = units.grouped(50 * (high - low), 1)
        return "low_n", f"±{half} points; need ±{100 * WIDEST_HALF:.0f} or less to judge."
    return None


def _how_few(kpi: Kpi, estimate: Estimate) -> str:
    need = units.grouped(estimate.minimum_n)
    if estimate.slowest is not None and estimate.minimum_n > kpi.minimum_n:
        slowest = units.text(estimate.slowest, "ms")
        return f"Slowest of {_counted(estimate.n, kpi)} so far: {slowest}; need {need} to judge."
    if kpi.unit != "usd" and estimate.covered == estimate.n and _partly_covered(estimate):
        counted = f"{units.grouped(estimate.n)} of {units.grouped(estimate.eligible or 0)} {kpi.evidence}"
        return f"{counted}; need {need} to judge."
    return f"{_counted(estimate.n, kpi)}; need {need} to judge."


def _how_lopsided(kpi: Kpi, estimate: Estimate, worth: float) -> str:
    """A few cases drawn with a small chance stand for many others and decide the number."""
    counted, need = _counted(estimate.n, kpi), units.grouped(estimate.minimum_n)
    return f"{counted} of unequal weight, worth {units.grouped(worth)} of equal weight; need {need} to judge."


def _unbounded(kpi: Kpi) -> str:
    """Why the data allow no interval although there are enough rows."""
    if kpi.kind == "cost_ratio":
        return "Too few successes for a bound on the cost of one."
    if kpi.kind == "agreement":
        return "Fewer than 10 tasks that people call right, or wrong: kappa says little."
    if kpi.interval == "monte_carlo":
        return "No task has ended in success yet: what one is worth is not known."
    if kpi.interval == "clustered_wilson":
        return "All calls belong to one task: what others would show is not known."
    return "The amounts differ too much for a bound."


def _counted(n: int, kpi: Kpi) -> str:
    """So many of what the KPI counts: "1 task", "11 model calls"."""
    special = {"pass_k": "jobs"} | dict.fromkeys(_WEIGHTED, "checked answers")
    noun = special.get(kpi.kind) or _COUNTED.get(kpi.needs[0], "records")
    return _plural(n, noun)


def _plural(n: int, noun: str) -> str:
    return f"{units.grouped(n)} {noun.removesuffix('s') if n == 1 else noun}"


def waits_for_tasks(kpi: Kpi) -> bool:
    """Whether tasks that still run can change the number."""
    return "tasks" in kpi.needs and kpi.kind != "count"


def _unfinished(kpi: Kpi, estimate: Estimate, moment: Moment) -> Judged | None:
    if kpi.reach_days and not moment.freshness.complete(moment.end + timedelta(days=kpi.reach_days)):
        return "immature", f"Its last {kpi.reach_days} days cannot be judged before {kpi.reach_days} more have passed."
    if not moment.freshness.complete(moment.end):
        reach = moment.freshness.first_incomplete_day()
        until = "" if reach is None else f" Data are complete to the end of {reach - timedelta(days=1)}."
        return "immature", f"The period ends with {moment.end - timedelta(days=1)}.{until}"
    still_open = moment.tasks - moment.mature
    if not still_open or not waits_for_tasks(kpi):
        return None
    share = still_open / moment.tasks
    waiting = f"{units.grouped(still_open)} of {_plural(moment.tasks, 'tasks')} {'is' if still_open == 1 else 'are'}"
    if estimate.quantile is not None and share > 1 - estimate.quantile + _ROUNDING:
        return "immature", f"{waiting} not finished: the {estimate.slice} {_at_least(estimate, still_open)}."
    return ("immature", f"{waiting} not finished yet.") if share > SHARE_STILL_OPEN else None


def _at_least(estimate: Estimate, still_open: int) -> str:
    """What is sure of a quantile while so many tasks still run: it is lowest if they are the fastest of all."""
    n, q = estimate.n + still_open, estimate.quantile or 0.0
    rank = q * (n - 1) - still_open
    if estimate.at_rank is None or rank < 0:
        return "may be among them"
    return f"may be among them and is at least {units.text(estimate.at_rank(rank), 'ms')}"


def _partly_priced(kpi: Kpi, estimate: Estimate) -> Judged | None:
    """A number that may be trusted but leaves some money out says so."""
    if kpi.unit != "usd" or not _partly_covered(estimate):
        return None
    return "ok", _evidence(kpi, estimate)
