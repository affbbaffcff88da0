"""What reading has cost so far, in calls: how many, which, how many of what AWS charges by, how many bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collectors.errors import iam_action

# Calls that AWS charges by something else than the request: how many of it one answer stood for.
UNITS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], int]] = {
    "cloudwatch:GetMetricData": lambda asked, _: len(asked.get("MetricDataQueries", ())),
    "xray:GetTraceSummaries": lambda _, page: int(
        page.get("TracesProcessedCount") or len(page.get("TraceSummaries") or ())
    ),
    "xray:BatchGetTraces": lambda _, page: len(page.get("Traces") or ()),
}


@dataclass
class CallCount:
    """Calls of one account. `bytes` are response bodies as received; throttles are answers, retried or not.

    `operations` counts requests by IAM action, retried ones too; `units` what is charged by another unit.
    """

    api_calls: int = 0
    throttles: int = 0
    bytes: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)

    def since(self, earlier: CallCount) -> CallCount:
        """The difference to an earlier reading."""
        return CallCount(
            self.api_calls - earlier.api_calls,
            self.throttles - earlier.throttles,
            self.bytes - earlier.bytes,
            self.operations - earlier.operations,
            self.units - earlier.units,
        )

    def copy(self) -> CallCount:
        """A reading that later calls do not change."""
        return CallCount(self.api_calls, self.throttles, self.bytes, self.operations.copy(), self.units.copy())

    def request(self, service: str, operation: str) -> None:
        """One request goes out."""
        self.api_calls += 1
        self.operations[iam_action(service, operation)] += 1

    def answered(self, service: str, operation: str, asked: Mapping[str, Any], page: Mapping[str, Any]) -> None:
        """One answer came: count what AWS charges by, where that is not the request."""
        action = f"{service}:{operation}"
        if action in UNITS:
            self.units[action] += UNITS[action](asked, page)
