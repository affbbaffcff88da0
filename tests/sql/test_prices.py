"""The price book: complete rows, one price at a time, and the figures that were read from AWS."""

import csv
import json
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

BOOK = ROOT / "sql" / "seeds" / "prices.csv"
COLUMNS = [
    *("model", "provider", "scope", "tier", "token_kind", "valid_from", "valid_to"),
    *("usd_per_mtok", "source", "read_on"),
]
KINDS = {"input", "cache_read", "cache_write_5m", "cache_write_1h", "output"}
GEO_PREFIX = re.compile(r"^(us|us-gov|eu|apac|jp|au|ca|global)\.")
Row = dict[str, str]
FOREVER = "9999-12-31"

# Usage types of the Price List, as the keys of the book.
PRICE_LIST = {
    "USE1-NovaPro-input-tokens": ("amazon.nova-pro-v1:0", "regional", "default", "input"),
    "USE1-NovaPro-output-tokens": ("amazon.nova-pro-v1:0", "regional", "default", "output"),
    "USE1-NovaPro-input-tokens-priority": ("amazon.nova-pro-v1:0", "regional", "priority", "input"),
    "USE1-NovaPro-output-tokens-flex": ("amazon.nova-pro-v1:0", "regional", "flex", "output"),
    "USE1-NovaPro-cache-read-input-token-count": ("amazon.nova-pro-v1:0", "regional", "default", "cache_read"),
    "USE1-deepseek.v3.2-mantle-input-tokens-standard": ("deepseek.v3.2", "regional", "default", "input"),
}
MARKETPLACE_MODELS = {
    "Claude Haiku 4.5 (Amazon Bedrock Edition)": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "Claude Sonnet 4.6 (Amazon Bedrock Edition)": "anthropic.claude-sonnet-4-6",
}
MARKETPLACE_KINDS = {
    "InputTokenCount": "input",
    "OutputTokenCount": "output",
    "CacheReadInputTokenCount": "cache_read",
    "CacheWrite1hInputTokenCount": "cache_write_1h",
}


def read_book() -> list[Row]:
    """Return the rows of the price book."""
    with BOOK.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_key(rows: list[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    """Group rows by the named columns."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


def price_today(model: str, scope: str, tier: str, token_kind: str) -> Decimal:
    """Return the price without an end date."""
    wanted = {"model": model, "scope": scope, "tier": tier, "token_kind": token_kind, "valid_to": ""}
    (row,) = [row for row in read_book() if wanted.items() <= row.items()]
    return Decimal(row["usd_per_mtok"])


def test_the_columns_are_the_documented_ones() -> None:
    assert list(read_book()[0]) == COLUMNS


def test_every_row_uses_the_known_words() -> None:
    rows = read_book()
    assert {row["scope"] for row in rows} == {"regional", "global"}
    assert {row["tier"] for row in rows} <= {"default", "flex", "priority", "batch"}
    assert {row["token_kind"] for row in rows} == KINDS


def test_every_row_has_a_source_and_the_day_it_was_read() -> None:
    assert [row for row in read_book() if len(row["source"]) < 10 or not date.fromisoformat(row["read_on"])] == []


def test_models_are_canonical_ids_of_their_provider() -> None:
    rows = read_book()
    assert [row["model"] for row in rows if GEO_PREFIX.match(row["model"]) or row["model"].startswith("arn:")] == []
    assert [row["model"] for row in rows if row["model"].split(".")[0] != row["provider"]] == []


def test_every_price_is_an_exact_amount_that_is_not_negative() -> None:
    prices = [Decimal(row["usd_per_mtok"]) for row in read_book()]
    assert min(prices) >= 0
    assert max(prices) < 1000
    assert [price for price in prices if price != price.quantize(Decimal("1e-9"))] == []


def test_every_validity_ends_after_it_begins() -> None:
    ended = [row for row in read_book() if row["valid_to"]]
    assert ended
    assert [row for row in ended if date.fromisoformat(row["valid_to"]) <= date.fromisoformat(row["valid_from"])] == []


def test_one_key_has_one_price_at_a_time() -> None:
    overlaps = []
    for key, rows in by_key(read_book(), "model", "scope", "tier", "token_kind").items():
        periods = sorted((row["valid_from"], row["valid_to"] or FOREVER) for row in rows)
        pairs = pairwise(periods)
        overlaps += [key for before, after in pairs if after[0] < before[1]]
    assert overlaps == []


def test_cached_input_costs_less_than_input_and_output_at_least_as_much() -> None:
    wrong = []
    for key, rows in by_key(read_book(), "model", "scope", "tier", "valid_from").items():
        price = {row["token_kind"]: Decimal(row["usd_per_mtok"]) for row in rows}
        if "input" not in price:
            continue
        if (
            price.get("cache_read", Decimal(-1)) >= price["input"]
            or price.get("output", price["input"]) < price["input"]
        ):
            wrong.append(key)
    assert wrong == []


def test_a_one_hour_cache_write_costs_more_than_a_five_minute_one() -> None:
    groups = by_key(read_book(), "model", "scope", "tier", "valid_from").values()
    prices = [{row["token_kind"]: Decimal(row["usd_per_mtok"]) for row in rows} for rows in groups]
    both = [price for price in prices if {"cache_write_5m", "cache_write_1h"} <= price.keys()]
    assert both
    assert [price for price in both if price["cache_write_1h"] <= price["cache_write_5m"]] == []


def test_a_regional_price_is_never_below_the_global_one() -> None:
    wrong = []
    for key, rows in by_key(read_book(), "model", "tier", "token_kind", "valid_from").items():
        price = {row["scope"]: Decimal(row["usd_per_mtok"]) for row in rows}
        if len(price) == 2 and price["regional"] < price["global"]:
            wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize("model", ["anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-opus-4-6-v1"])
def test_newer_claude_models_cost_ten_percent_more_regionally(model: str) -> None:
    for kind in sorted(KINDS):
        regional, worldwide = (price_today(model, scope, "default", kind) for scope in ("regional", "global"))
        assert regional == worldwide * Decimal("1.1")


@pytest.mark.parametrize("provider", ["anthropic", "amazon", "meta", "mistral", "deepseek", "openai", "cohere"])
def test_each_provider_has_models_priced_for_input_and_output(provider: str) -> None:
    rows = [row for row in read_book() if row["provider"] == provider and not row["valid_to"]]
    assert {"input", "output"} <= {row["token_kind"] for row in rows}


def test_the_book_agrees_with_the_rows_measured_from_the_price_list(shared: Path) -> None:
    measured = json.loads((shared / "aws" / "samples" / "price_list_entries.json").read_text())
    for entry in measured["AmazonBedrock"]:
        assert price_today(*PRICE_LIST[entry["usagetype"]]) == Decimal(str(entry["usd"])) * 1000, entry["usagetype"]


def test_the_book_agrees_with_the_marketplace_rows_of_the_price_list(shared: Path) -> None:
    measured = json.loads((shared / "aws" / "samples" / "price_list_entries.json").read_text())
    for entry in measured["AmazonBedrockFoundationModels"]:
        counted, *flags = entry["usagetype"].removeprefix("USE1-MP:USE1_").removesuffix("-Units").split("_")
        scope = "global" if "Global" in flags else "regional"
        tier = "batch" if "Batch" in flags else "default"
        key = (MARKETPLACE_MODELS[entry["servicename"]], scope, tier, MARKETPLACE_KINDS[counted])
        assert price_today(*key) == Decimal(str(entry["usd"])), entry
