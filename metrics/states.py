"""Whether a number may be trusted, and in words what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics import units
from metrics.catalogue import Kpi
from metrics.estimate import Estimate
from metrics.model import State
from metrics.parts import Reader

WIDEST_HALF = 0.10
SHARE_STILL_OPEN = 0.05
_COUNTED = {"tasks": "tasks", "model_calls": "model calls", "tool_calls": "tool calls"}
Judged = tuple[State, str | None]


@dataclass(frozen=True)
class Freshness:
    """The organisation's time zone and how far the data reach (UTC; None where the file does not say)."""

    zone: ZoneInfo
    through: datetime | None

    def complete(self, end: date) -> bool:
        """Whether every day before `end` is over and its data have arrived."""
        midnight = datetime.combine(end, time(), tzinfo=self.zone)
        return self.through is None or midnight <= self.through

    def first_incomplete_day(self) -> date | None:
        """The day that the data reach into but not to the end of."""
        return None if self.through is None else self.through.astimezone(self.zone).date()


def read_freshness(published: Reader) -> Freshness:
    """What the published file says about its time zone and reach."""
    org = {row["key"]: row["value"] for row in published.rows("SELECT key, value FROM org", {})}
    reach = org.get("data_through_at")
    through = datetime.fromisoformat(reach) if reach else None
    if through is not None and through.tzinfo is None:
        through = through.replace(tzinfo=UTC)
    return Freshness(ZoneInfo(org.get("timezone") or "UTC"), through)


@dataclass(frozen=True)
class Moment:
    """What decides about maturity: the last day of a number, and how many of its tasks are finished for good."""

    end: date
    freshness: Freshness
    tasks: int = 0
    mature: int = 0


def judge(kpi: Kpi, estimate: Estimate, moment: Moment) -> Judged:
    """The state of a number, with what is missing. The first rule that applies wins."""
    rules: tuple[Callable[[], Judged | None], ...] = (
        lambda: _without_value(kpi, estimate),
        lambda: _without_evidence(kpi, estimate),
        lambda: _too_few(kpi, estimate),
        lambda: _unfinished(kpi, moment),
    )
    return next((found for rule in rules if (found := rule())), ("ok", None))


def _without_value(kpi: Kpi, estimate: Estimate) -> Judged | None:
    if estimate.value is not None:
        return None
    if kpi.kind == "pass_k":
        return "not_applicable", f"No job came {estimate.slice.removeprefix('k=')} times."
    if estimate.eligible and not estimate.covered:
        return "unknown", _evidence(kpi, estimate)
    if kpi.kind == "cost_ratio" and estimate.denominator == 0 and estimate.numerator is not None:
        return "not_applicable", f"No success yet, {units.text(estimate.numerator, 'usd')} spent."
    if estimate.denominator is None and kpi.kind == "cost_ratio":
        return "unknown", "No task has a verdict."
    if estimate.numerator is None and (estimate.n or estimate.eligible):
        return "unknown", "No record reports it."
    if kpi.kind == "count":
        return "unknown", "No telemetry covers this period."
    return "not_applicable", "Nothing to count in this period."


def _without_evidence(kpi: Kpi, estimate: Estimate) -> Judged | None:
    if not kpi.minimum_coverage:
        return None
    if estimate.coverage is None:
        return "unknown", "No model call was seen."
    if estimate.coverage < kpi.minimum_coverage:
        return "unknown", _evidence(kpi, estimate)
    return None


def _evidence(kpi: Kpi, estimate: Estimate) -> str:
    counted = f"{units.grouped(estimate.covered or 0)} of {units.grouped(estimate.eligible or 0)} {kpi.evidence}"
    if kpi.unit == "usd" and estimate.covered:
        return f"Only {counted}: the number is a lower bound."
    return f"Only {counted}." if estimate.covered else f"{counted}."


def _too_few(kpi: Kpi, estimate: Estimate) -> Judged | None:
    if estimate.n < estimate.minimum_n:
        seen = f"{units.grouped(estimate.n)} {_noun(kpi)}"
        return "low_n", f"{seen}; need {units.grouped(estimate.minimum_n)} to judge."
    if not estimate.bounded:
        return "low_n", "Too few successes for a bound on the cost of one." if kpi.kind == "cost_ratio" else "Too few."
    low, high = estimate.interval
    if kpi.kind == "weighted_ratio" and low is not None and high is not None and (high - low) / 2 > WIDEST_HALF:
        return "low_n", f"±{100 * (high - low) / 2:.0f} points; need ±{100 * WIDEST_HALF:.0f} to judge."
    return None


def _noun(kpi: Kpi) -> str:
    special = {"pass_k": "jobs", "weighted_ratio": "labelled tasks"}
    return special.get(kpi.kind) or _COUNTED.get(kpi.needs[0], "records")


def _unfinished(kpi: Kpi, moment: Moment) -> Judged | None:
    if not moment.freshness.complete(moment.end):
        last = moment.freshness.first_incomplete_day()
        full = "" if last is None else f" Data are complete to the end of {last - timedelta(days=1)}."
        return "immature", f"The period is not over yet.{full}"
    still_open = moment.tasks - moment.mature
    needs_ended_tasks = "tasks" in kpi.needs and kpi.kind != "count"
    if needs_ended_tasks and moment.tasks and still_open / moment.tasks > SHARE_STILL_OPEN:
        return "immature", f"{units.grouped(still_open)} of {units.grouped(moment.tasks)} tasks are not finished yet."
    return None
