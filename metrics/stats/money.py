"""What tokens cost, who bears a shared cost, how an estimate stands against the bill, and what a task is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from metrics.stats.interval import Interval

# A call measured on Bedrock Converse, for the guard against counting cached tokens twice; the prices are examples.
MEASURED_USAGE = {"inputTokens": 562, "cacheReadInputTokens": 3059, "cacheWriteInputTokens": 0, "outputTokens": 400}
EXAMPLE_PRICES = {"in": 3.0, "out": 15.0, "cr": 0.3, "cw5": 3.75, "cw1h": 6.0}
GREEN, AMBER, RED = 2.0, 5.0, 10.0


class CallCost(NamedTuple):
    """Tokens of a call in disjoint buckets, their cost in USD, and the share of input that came from the cache."""

    uncached: float
    total_input: float
    usd: float
    cache_hit_ratio: float | None


class Overstated(NamedTuple):
    """A cost counted the wrong way, and by how many percent it is too high."""

    wrong_usd: float
    overstatement_pct: float


class Reconciled(NamedTuple):
    """Billed minus estimated, in USD and percent of the bill. `scale_applied` stays False: estimates are not bent."""

    residual: float
    residual_pct: float | None
    status: str
    scale_applied: bool


class NetValue(NamedTuple):
    """A period's value: money in the currency of the rate, minutes of people's work."""

    baseline_cost: float
    agent_total_cost: float
    net_saving: float
    minutes_saved: float


class Exclusive(NamedTuple):
    """Each agent's own cost, its cost with everything below it, and the task's."""

    exclusive: dict[str, float]
    inclusive: dict[str, float]
    task_total: float


def token_cost_usd(usage: Mapping[str, Any], price_per_mtok: Mapping[str, float], usage_mode: str) -> CallCost:
    """The cost of a call from its usage as AWS names it, at prices in USD per million tokens.

    `disjoint…` modes report input without cached tokens, `inclusive…` (gross) modes with them. Cache writes are priced
    by their lifetime where `cacheDetails` gives it, else as five minutes. Raises ValueError for a mode unknown here, or
    where gross input is smaller than what it should hold.
    """
    read, written = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
    if usage_mode.startswith("disjoint"):
        uncached = usage["inputTokens"]
    elif usage_mode.startswith(("inclusive", "gross")):
        uncached = usage["inputTokens"] - read - written
    else:
        raise ValueError(f"Usage is disjoint or inclusive, not {usage_mode}.")
    if uncached < 0:
        raise ValueError(f"{usage['inputTokens']} input tokens cannot include {read + written} cached ones.")
    hour = sum(each["inputTokens"] for each in usage.get("cacheDetails", ()) if each["ttl"] == "1h")
    parts = {"in": uncached, "cr": read, "cw5": written - hour, "cw1h": hour, "out": usage["outputTokens"]}
    usd = math.fsum(tokens * price_per_mtok[kind] for kind, tokens in parts.items()) / 1_000_000
    whole = uncached + read + written
    return CallCost(uncached, whole, usd, read / whole if whole else None)


def token_cost_usd_wrong(
    treating_inclusive_as_disjoint: bool,
    usage: Mapping[str, Any] = MEASURED_USAGE,
    price_per_mtok: Mapping[str, float] = EXAMPLE_PRICES,
) -> Overstated:
    """What confusing the two modes would do: gross input billed in full, and its cached part once more.

    `usage` is given as disjoint. It guards the parse by the size of the error.
    """
    right = token_cost_usd(usage, price_per_mtok, "disjoint")
    given = {**usage, "inputTokens": right.total_input} if treating_inclusive_as_disjoint else usage
    wrong = token_cost_usd(given, price_per_mtok, "disjoint").usd
    return Overstated(wrong, 100 * (wrong / right.usd - 1))


def price_lookup(prices: Sequence[Mapping[str, Any]], calls: Sequence[str]) -> dict[str, list[Any]]:
    """The price of one model valid at each call's start: from `from` on, up to but without `to`; none is unpriced."""

    def at(call: datetime) -> float | None:
        valid = [
            row for row in prices if _moment(row["from"]) <= call and not (row["to"] and _moment(row["to"]) <= call)
        ]
        return max(valid, key=lambda row: _moment(row["from"]))["in"] if valid else None

    found = [at(_moment(call)) for call in calls]
    return {"in": found, "status": ["unpriced" if price is None else "priced" for price in found]}


def bill_reconciliation(estimated: float, billed: float, unpriced_calls: int = 0) -> Reconciled:
    """How far the estimate is from the bill: green to 2 %, ok to 5 %, amber to 10 %, red beyond.

    Calls without a price never make it green: something is known to be missing.
    """
    residual = billed - estimated
    if not billed:
        return Reconciled(residual, None, "ok" if not estimated else "red", False)
    percent = 100 * residual / billed
    far = abs(percent)
    status = "green" if far <= GREEN else "ok" if far <= AMBER else "amber" if far <= RED else "red"
    return Reconciled(residual, percent, "ok" if status == "green" and unpriced_calls else status, False)


def allocate_shared_cost(total_cents: int, weights: Mapping[str, float]) -> dict[str, int]:
    """A cost shared out by weight in whole cents that add up exactly (largest remainder, ties by key)."""
    whole = math.fsum(weights.values())
    if whole <= 0:
        raise ValueError("A cost cannot be shared out without a weight.")
    exact = {key: total_cents * weight / whole for key, weight in weights.items()}
    cents = {key: math.floor(value) for key, value in exact.items()}
    left = total_cents - sum(cents.values())
    for key in sorted(weights, key=lambda each: (-(exact[each] - cents[each]), each))[:left]:
        cents[key] += 1
    return cents


def value_monte_carlo(
    successes: int,
    n: int,
    gross: tuple[float, float, float],
    spent: float,
    draws: int = 4000,
    seed: int = 20260101,
) -> Interval | None:
    """The 95 % range of (worth of the successes) − spent: n tasks, and a baseline declared as a range.

    `gross` is the worth at the least, the likely and the greatest baseline. The share of successes is drawn from its
    posterior (Jeffreys), the baseline from a triangle over its range. None without a success: nothing says then what
    one is worth.
    """
    import numpy as np

    if not successes or n < successes:
        return None
    rng = np.random.default_rng(seed)
    share = rng.beta(successes + 0.5, n - successes + 0.5, draws) * n / successes
    least, likely, greatest = gross
    worth = rng.triangular(least, likely, greatest, draws) if least < greatest else np.full(draws, likely)
    low, high = np.quantile(share * worth - spent, (0.025, 0.975))
    return Interval(min(float(low), likely - spent), max(float(high), likely - spent))


def multi_agent_exclusive_cost(spans: Sequence[Mapping[str, Any]]) -> Exclusive:
    """Who spent what in a task of several agents: own costs add up to the task's, inclusive ones count twice.

    A span's cost belongs to its own agent, and inclusively to every different agent above it, once each.
    """
    by_id = {span["id"]: span for span in spans}
    own: dict[str, list[float]] = {}
    below: dict[str, list[float]] = {}
    for span in spans:
        own.setdefault(span["agent"], []).append(span["own"])
        for agent in _agents_above(span, by_id):
            below.setdefault(agent, []).append(span["own"])
    total = math.fsum(span["own"] for span in spans)
    return Exclusive(
        {key: math.fsum(v) for key, v in own.items()}, {key: math.fsum(v) for key, v in below.items()}, total
    )


def _agents_above(span: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> set[str]:
    found, seen = set(), set()
    now: Mapping[str, Any] | None = span
    while now is not None and now["id"] not in seen:
        seen.add(now["id"])
        found.add(now["agent"])
        now = by_id.get(now["parent"])
    return found


def roi_net_value(
    tasks: float,
    autonomous_success: float,
    escalated: float,
    failed_undetected: float,
    failed_reworked: float,
    human_minutes_baseline: float,
    review_minutes_escalated: float,
    rework_minutes: float,
    loaded_rate_per_hour: float,
    agent_cost_total: float,
    cost_per_undetected_error: float,
) -> NetValue:
    """What an agent saved against people doing all of it, with its own cost, people's help and unseen errors paid."""
    baseline_minutes = tasks * human_minutes_baseline
    helped = escalated * review_minutes_escalated + failed_reworked * rework_minutes
    baseline = baseline_minutes * loaded_rate_per_hour / 60
    spent = agent_cost_total + helped * loaded_rate_per_hour / 60 + failed_undetected * cost_per_undetected_error
    return NetValue(baseline, spent, baseline - spent, baseline_minutes - helped)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
