"""What the owner declares, as the SQL room takes it: plain values, validated by whoever reads the settings file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class Contract:
    """An agent as its owner declares it. `hosts` are ARNs or names whose traces belong to the agent."""

    agent_id: str
    agent_name: str
    hosts: tuple[str, ...] = ()
    owner: str | None = None
    team: str | None = None
    purpose: str | None = None
    trigger: str | None = None
    done_when: str | None = None
    task: str = "trace"
    success_rule: str = "verdict"
    confidence_threshold: float | None = None
    baseline_minutes: float | None = None
    baseline_source: str | None = None
    baseline_on: date | None = None
    baseline_low_minutes: float | None = None
    baseline_high_minutes: float | None = None
    hourly_rate_usd: float | None = None
    error_cost_usd: float | None = None
    setup_cost_usd: float | None = None
    monthly_cost_usd: float | None = None
    monthly_budget_usd: float | None = None
    deadline_minutes: float | None = None
    data_max_age_days: float | None = None
    product: str | None = None
    environment: str | None = None
    max_task_hours: float = 24.0


@dataclass(frozen=True)
class Target:
    """A target for one KPI of one agent, valid on [valid_from, valid_to). `limit_kind`: min or max."""

    agent_id: str
    kpi: str
    target: float
    limit_kind: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class PriceOverride:
    """An owner's price in USD per million tokens; wins over the price book from `valid_from` on."""

    model: str
    scope: str
    tier: str
    token_kind: str
    valid_from: date
    usd_per_mtok: Decimal
    source: str


@dataclass(frozen=True)
class OwnFile:
    """A file of the owner's: a KPI or a rule. `fault` says why it could not be read; then there is no text."""

    kind: Literal["kpi", "rule"]
    name: str
    text: str | None
    fault: str | None = None


@dataclass(frozen=True)
class ConfigTables:
    """Everything the marts need from the settings.

    `org` keys: name, timezone, currency, kind, kpis_folder, rules_folder.
    """

    org: dict[str, str] = field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    targets: tuple[Target, ...] = ()
    prices: tuple[PriceOverride, ...] = ()
    model_aliases: dict[str, str] = field(default_factory=dict)
    own_files: tuple[OwnFile, ...] = ()
