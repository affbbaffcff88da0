"""CloudWatch's view of the same model calls: metrics of AWS/Bedrock and AWS/Bedrock/Guardrails."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from collectors.demo.chance import day_of
from collectors.demo.facts import ModelCall
from collectors.demo.groups import Clock
from collectors.demo.records import units_of
from collectors.demo.shapes import ACCOUNT_ID, HAIKU, NOVA_LITE, NOVA_PRO, PROFILE_ARN, REGION, SONNET, UNKNOWN_MODEL
from collectors.demo.strays import stray_calls
from collectors.demo.world import AGENTS

BEDROCK, GUARDRAILS = "AWS/Bedrock", "AWS/Bedrock/Guardrails"
MODELS = (SONNET, HAIKU, NOVA_PRO, NOVA_LITE, UNKNOWN_MODEL, PROFILE_ARN)
MODEL_METRICS = (
    "Invocations",
    "InvocationLatency",
    "TimeToFirstToken",
    "InvocationThrottles",
    "InvocationClientErrors",
    "InputTokenCount",
    "OutputTokenCount",
    "CacheReadInputTokenCount",
    "CacheWriteInputTokenCount",
)
GUARDRAIL_METRICS = ("Invocations", "InvocationsIntervened", "InvocationLatency", "TextUnitCount")
THROTTLED = "ThrottlingException"

DAY = timedelta(days=1)
DAY_MS = 86_400_000
PAGE_DAYS = 7
# How long CloudWatch keeps points of a period (seconds, at least) in days.
KEPT_DAYS = ((3600, 455), (300, 63), (1, 15))

Page = dict[str, Any]
Periods = dict[int, list[float]]
Dimensions = tuple[tuple[str, str], ...]


class Series(NamedTuple):
    """One metric: namespace, name and its dimensions in order of name."""

    namespace: str
    metric: str
    dimensions: Dimensions

    def described(self) -> Page:
        """As ListMetrics gives it."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.metric, "Dimensions": dimensions}


@cache
def guardrail_dimensions(guardrail: str) -> Dimensions:
    """The dimensions of one guardrail."""
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT_ID}:guardrail/{guardrail}"
    return (("GuardrailArn", arn), ("GuardrailVersion", "1"))


def every_series() -> Iterator[Series]:
    """What ListMetrics lists: each metric of every model and of every guardrail."""
    for metric in MODEL_METRICS:
        yield from (Series(BEDROCK, metric, (("ModelId", model),)) for model in MODELS)
    guardrails = [agent.guardrail for agent in AGENTS if agent.guardrail]
    for metric in GUARDRAIL_METRICS:
        yield from (Series(GUARDRAILS, metric, guardrail_dimensions(guardrail)) for guardrail in guardrails)


def observations(call: ModelCall, guardrail: str | None) -> Iterator[tuple[Series, float]]:
    """What one call adds to the series."""
    for metric, value in _of_model(call):
        yield Series(BEDROCK, metric, (("ModelId", call.model),)), value
    if call.shield is None or guardrail is None:
        return
    for metric, value in _of_guardrail(call, call.shield[2]):
        yield Series(GUARDRAILS, metric, guardrail_dimensions(guardrail)), value


def _of_model(call: ModelCall) -> list[tuple[str, float]]:
    if call.error == THROTTLED:
        return [("InvocationThrottles", 1.0)]
    if call.error:
        return [("InvocationClientErrors", 1.0)]
    found = [
        ("Invocations", 1.0),
        ("InvocationLatency", call.took_ms),
        ("InputTokenCount", float(call.fresh_tokens)),
        ("OutputTokenCount", float(call.output_tokens)),
    ]
    if call.shield is None:
        found.append(("TimeToFirstToken", call.ttft_ms))
    if call.read_tokens or call.write_tokens:
        found += [
            ("CacheReadInputTokenCount", float(call.read_tokens)),
            ("CacheWriteInputTokenCount", float(call.write_tokens)),
        ]
    return found


def _of_guardrail(call: ModelCall, action: str) -> list[tuple[str, float]]:
    found = [
        ("Invocations", 1.0),
        ("InvocationLatency", 90.0 + call.request % 160),
        ("TextUnitCount", 2.0 * units_of(call)),
    ]
    if action in ("blocked", "masked"):
        found.append(("InvocationsIntervened", 1.0))
    return found


def statistic(name: str, values: Iterable[float]) -> float:
    """CloudWatch's statistic of one period: SampleCount, Sum, Average, Minimum, Maximum or a percentile such as p95."""
    found = sorted(values)
    if name.startswith("p"):
        return found[max(0, math.ceil(float(name[1:]) / 100 * len(found)) - 1)]
    total = math.fsum(found)
    plain = {
        "SampleCount": float(len(found)),
        "Sum": total,
        "Average": total / len(found),
        "Minimum": found[0],
        "Maximum": found[-1],
    }
    return plain[name]


def data_pages(
    clock: Clock, queries: list[Page], start_ms: int, end_ms: int, newest_first: bool, token: int
) -> Iterator[Page]:
    """GetMetricData, a week a page: each page holds a part of every series. `token` is the page's number."""
    span_ms = PAGE_DAYS * DAY_MS
    first_ms = max(start_ms, min(_oldest_ms(clock, query) for query in queries))
    starts = list(range(first_ms, min(end_ms, clock.end_ms), span_ms))
    ordered = starts[::-1] if newest_first else starts
    for number in range(token, max(len(ordered), 1)):
        last = number + 1 >= len(ordered)
        first_ms = ordered[number] if ordered else end_ms
        periods = _periods(clock, queries, first_ms, min(first_ms + span_ms, end_ms))
        results = [_result(query, _kept(clock, query, periods), newest_first, last) for query in queries]
        yield {"MetricDataResults": results, "Messages": []} | ({} if last else {"NextToken": str(number + 1)})


def _key(query: Page) -> tuple[Series, int]:
    """The series and the period in ms that a query asks for."""
    asked = query["MetricStat"]
    dimensions = tuple(sorted((each["Name"], each["Value"]) for each in asked["Metric"].get("Dimensions", [])))
    return Series(asked["Metric"]["Namespace"], asked["Metric"]["MetricName"], dimensions), asked["Period"] * 1000


def _oldest_ms(clock: Clock, query: Page) -> int:
    """From when on there are points of the query's period, at the start of a day."""
    days = next(days for period, days in KEPT_DAYS if query["MetricStat"]["Period"] >= period)
    oldest = max(clock.begin_ms, clock.end_ms - days * DAY_MS)
    return oldest - oldest % DAY_MS


def _kept(clock: Clock, query: Page, periods: dict[tuple[Series, int], Periods]) -> Periods:
    oldest = _oldest_ms(clock, query)
    return {at_ms: values for at_ms, values in periods[_key(query)].items() if at_ms >= oldest}


def _periods(clock: Clock, queries: list[Page], start_ms: int, end_ms: int) -> dict[tuple[Series, int], Periods]:
    """What was observed in each period of each series that is asked for, once however many statistics are."""
    found: dict[tuple[Series, int], Periods] = {_key(query): {} for query in queries}
    by_series: dict[Series, list[tuple[int, Periods]]] = {}
    for (series, period_ms), periods in found.items():
        by_series.setdefault(series, []).append((period_ms, periods))
    for at_ms, call, guardrail in _model_calls(clock, start_ms, end_ms):
        for series, value in observations(call, guardrail):
            for period_ms, periods in by_series.get(series, ()):
                periods.setdefault(at_ms - at_ms % period_ms, []).append(value)
    return found


def _model_calls(clock: Clock, start_ms: int, end_ms: int) -> Iterator[tuple[int, ModelCall, str | None]]:
    """Every call to Bedrock's runtime that ended in the window, with the guardrail of its agent."""
    start_ms, end_ms = max(start_ms, clock.begin_ms), min(end_ms, clock.end_ms)
    day = max(day_of(start_ms) - DAY, day_of(clock.begin_ms))
    while start_ms < end_ms and day <= day_of(end_ms - 1):
        for at_ms, call, guardrail in _calls_of_day(clock, day):
            if start_ms <= at_ms < end_ms:
                yield at_ms, call, guardrail
        day += DAY


def _calls_of_day(clock: Clock, day: date) -> Iterator[tuple[int, ModelCall, str | None]]:
    for stray in stray_calls(clock.seed, day):
        yield int(stray.asked_ms + stray.call.took_ms), stray.call, None
    for agent in AGENTS:
        for task in clock.tasks(agent, day):
            # What runs where nothing is logged is in another Region, and so are its metrics.
            own = [part for part in task.parts if part.agent.logged_share]
            for call in (call for part in own for step in part.steps for call in step.calls):
                yield int(task.start_ns / 1e6 + call.at_ms + call.took_ms), call, agent.guardrail


def _result(query: Page, values: Periods, newest_first: bool, complete: bool) -> Page:
    periods = sorted(values, reverse=newest_first)
    asked = query["MetricStat"]
    return {
        "Id": query["Id"],
        "Label": query.get("Label", asked["Metric"]["MetricName"]),
        "StatusCode": "Complete" if complete else "PartialData",
        "Timestamps": [datetime.fromtimestamp(period / 1000, UTC) for period in periods],
        "Values": [statistic(asked["Stat"], values[period]) for period in periods],
    }
