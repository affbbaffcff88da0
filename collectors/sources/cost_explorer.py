"""What AWS billed by day, service and usage type, as Cost Explorer states it.

AWS restates the bill of a day for weeks, so the last 35 days are read every time, and the latest answer wins. What is
not about Bedrock or AgentCore is summed into one line a day, so that the total stays that of the bill.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from collectors.aws import UNKNOWN_ACCOUNT, Account, Page
from collectors.errors import NotSetUp, SourceFailed
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source
from collectors.window import Window
from sql.warehouse import Scope

KEY = "cost_explorer"
OTHER = "other"
METRICS = ("UnblendedCost", "UsageQuantity")
MARKETPLACE_TOKENS = re.compile(r"MP:[A-Z0-9]+_.*(token|TPM)", re.IGNORECASE)
NOT_ENABLED = re.compile(r"not enabled for cost explorer|DataUnavailable", re.IGNORECASE)

Row = dict[str, Any]


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One scope for each member account that ledger.toml names, else one for the account itself."""
    members = dict.fromkeys(settings.options.get("accounts") or ("",))
    return [Scope(KEY, account.account_id, account.region, name) for name in members]


def collect(reading: Reading) -> None:
    """Read one window of one account's bill. Raises NotSetUp where Cost Explorer was never opened."""
    account_id = reading.scope.name or reading.scope.account_id
    bill = Bill(account_id, asked_at())
    try:
        for page in fetch_costs(reading.account, account_id, reading.window):
            for result in page["ResultsByTime"]:
                bill.take(result)
    except SourceFailed as error:
        raise absent_or(error) from error
    for row in bill.rows():
        reading.landing.row(row)
    for sample in bill.unreadable:
        reading.landing.reject("unreadable_amount", sample)


def asked_at() -> datetime:
    """The time of asking: it decides which of two answers about one day holds."""
    return datetime.now(UTC).replace(tzinfo=None)


def fetch_costs(account: Account, account_id: str, window: Window) -> Iterator[Page]:
    """Every page of one window's daily costs. Each page is a paid call."""
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": f"{window.start:%Y-%m-%d}", "End": f"{window.end:%Y-%m-%d}"},
        "Granularity": "DAILY",
        "Metrics": list(METRICS),
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
    }
    if account_id != UNKNOWN_ACCOUNT:
        asked["Filter"] = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account_id]}}
    return account.pages("ce", "GetCostAndUsage", **asked)


class Bill:
    """One whole answer: its pages in, its rows out. The groups of a day may come on several pages."""

    def __init__(self, account_id: str, read_at: datetime) -> None:
        self.unreadable: list[str] = []
        self._common = {"account_id": account_id, "read_at": read_at}
        self._ours: list[Row] = []
        self._others: dict[str, Decimal] = defaultdict(Decimal)
        self._estimated: dict[str, bool] = defaultdict(bool)

    def take(self, result: Page) -> None:
        """The groups of one day. Raises KeyError for an answer of another shape."""
        day = result["TimePeriod"]["Start"]
        self._others[day] += 0
        self._estimated[day] |= bool(result.get("Estimated"))
        for group in result.get("Groups") or ():
            service, usage_type = group["Keys"]
            try:
                usd, quantity = amounts(group["Metrics"])
            except (InvalidOperation, ValueError) as error:
                self.unreadable.append(f"{day} {service} {usage_type}: {error}")
                continue
            if is_ours(service, usage_type):
                line = {"day": day, "service": service, "usage_type": usage_type, "usd": usd, "quantity": quantity}
                self._ours.append(line)
            else:
                self._others[day] += usd

    def rows(self) -> Iterator[Row]:
        """Every line of our own, and one line 'other' for each day that was answered."""
        others = [{"day": day, "service": OTHER, "usage_type": "", "usd": usd} for day, usd in self._others.items()]
        for row in (*self._ours, *others):
            yield {**self._common, "estimated": self._estimated[row["day"]], **row, "usd": f"{row['usd']:f}"}


def is_ours(service: str, usage_type: str) -> bool:
    """Whether a line is about Bedrock, AgentCore or a model of theirs that the Marketplace bills."""
    return "bedrock" in f"{service} {usage_type}".lower() or bool(MARKETPLACE_TOKENS.search(usage_type))


def amounts(metrics: Page) -> tuple[Decimal, float]:
    """Cost in USD and the amount used. Raises ValueError for another currency, InvalidOperation for no number."""
    cost, used = (metrics[name] for name in METRICS)
    if cost.get("Unit") not in (None, "USD"):
        raise ValueError(f"billed in {cost['Unit']}, not in USD")
    usd = Decimal(cost["Amount"])
    if not usd.is_finite():
        raise ValueError(f"an amount of {cost['Amount']}")
    return usd, float(used["Amount"])


def absent_or(error: SourceFailed) -> Exception:
    """The same error, or NotSetUp where AWS says that Cost Explorer was never opened."""
    cause = getattr(error.__cause__, "response", {}).get("Error", {})
    if NOT_ENABLED.search(f"{error.code} {cause.get('Message', '')}"):
        return NotSetUp(
            "Cost Explorer has no data for this account: it was never opened, or its first day is not over.",
            "Open Billing and Cost Management > Cost Explorer once; the first figures take a day.",
        )
    return error


SOURCE = Source(
    key=KEY,
    title="Cost Explorer",
    feeds=("bill_days",),
    actions=(Grant(("ce:GetCostAndUsage",)),),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(days=35),
    settle=timedelta(hours=6),
    grid=timedelta(days=1),
    longest=timedelta(days=35),
    reach="account",
    about=About(
        reads="The daily bill of the account by service and usage type: unblended cost and the amount used.",
        feeds="The tables bill and reconciliation, for days and accounts without a Data Export. It knows no Region and "
        "no role, and its amounts are net of credits: what a Data Export says goes before it.",
        cost="0.01 USD for every page, once a day and account; a day's reading takes one to some dozens of pages. "
        "It is off until you switch it on.",
        lag="A day, then restated for weeks: the last 35 days are read again every time and the latest answer wins.",
        switch_on="Set enabled = true under [sources.cost_explorer] and allow ce:GetCostAndUsage; the payer account "
        "must let its members use it. From the payer account, name the member accounts under accounts.",
    ),
    options=(
        Option("accounts", "texts", "Member accounts to read from a payer account; the own account when none is named"),
    ),
    enabled=False,
)
