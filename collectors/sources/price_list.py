"""AWS's own Price List of Bedrock and AgentCore: every price dimension of a Region, with the day from which it holds.

GetProducts states what is listed now; each price and its day stay here when a later publication states another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.landing import Landing
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source
from sql.warehouse import Scope

KEY = "price_list"
# Bedrock's prices are spread over four service codes; AgentCore's meters have a fifth. The first one every Region has.
SERVICE_CODES = (
    "AmazonBedrock",
    "AmazonBedrockFoundationModels",
    "AmazonBedrockService",
    "AmazonBedrockAgentCore",
)
PRODUCTS_PER_PAGE = 100
EDITION = " (Amazon Bedrock Edition)"

Row = dict[str, Any]


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One scope a Region: those of ledger.toml, else the account's own."""
    regions = settings.options.get("regions") or (account.region,)
    return [Scope(KEY, account.account_id, region) for region in dict.fromkeys(regions)]


def collect(reading: Reading) -> None:
    """Read the prices of one Region. Raises NotSetUp where Bedrock has none there."""
    region = reading.scope.region
    for code in SERVICE_CODES:
        products = 0
        for text in fetch_products(reading.account, code, region):
            products += 1
            land_product(reading.landing, code, text)
        if not products and code == SERVICE_CODES[0]:
            raise NotSetUp(
                f"AWS lists no Bedrock prices for {region}.",
                "Nothing to do where Bedrock is not used; else name its Regions under [sources.price_list] regions.",
            )


def fetch_products(account: Account, code: str, region: str) -> Iterator[Any]:
    """Every product of a service in a Region, as AWS gives it: a JSON text each."""
    where = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    asked = {"ServiceCode": code, "Filters": where, "FormatVersion": "aws_v1", "MaxResults": PRODUCTS_PER_PAGE}
    for page in account.pages("pricing", "GetProducts", **asked):
        yield from page["PriceList"]


def land_product(landing: Landing, code: str, text: Any) -> None:
    """Hand over every price of one product; one that cannot be read is a reject."""
    try:
        entry = json.loads(text)
        if not isinstance(entry, dict):
            raise TypeError("a product is a JSON object")
        rows = list(parse_product(entry, code))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        landing.reject(f"unreadable_product_{type(error).__name__}", str(text)[:2000])
        return
    for row in rows:
        landing.row(row)
    if not rows:
        landing.skip("no_on_demand_price")


def parse_product(entry: dict[str, Any], code: str) -> Iterator[Row]:
    """One row for each price dimension. Raises KeyError, TypeError or AttributeError for an unknown shape."""
    product = entry["product"]
    attributes = product.get("attributes") or {}
    for term in ((entry.get("terms") or {}).get("OnDemand") or {}).values():
        for rate_code, dimension in term["priceDimensions"].items():
            yield {
                "service_code": code,
                "sku": product["sku"],
                "rate_code": dimension.get("rateCode") or rate_code,
                "effective_from": term["effectiveDate"],
                "published_at": entry.get("publicationDate"),
                "region": attributes.get("regionCode"),
                "usage_type": attributes.get("usagetype"),
                "name": name_of(attributes),
                "provider": attributes.get("provider"),
                "unit": dimension.get("unit"),
                "begin_range": dimension.get("beginRange"),
                "end_range": dimension.get("endRange"),
                "usd": dimension["pricePerUnit"].get("USD"),
            }


def name_of(attributes: dict[str, Any]) -> str | None:
    """What the list calls the model or product: no attribute holds a model id."""
    named = attributes.get("model") or attributes.get("titanModel") or attributes.get("servicename")
    return None if named is None else str(named).removesuffix(EDITION)


SOURCE = Source(
    key=KEY,
    title="AWS Price List of Bedrock and AgentCore",
    feeds=("list_prices",),
    actions=(Grant(("pricing:GetProducts",)),),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(days=1),
    longest=None,
    grid=timedelta(days=1),
    reach="ledger",
    about=About(
        reads="Every on-demand price of Bedrock and AgentCore in a Region, from the Price List API in us-east-1.",
        feeds="Prices of a call's own Region in place of the price book, and the table list_prices; without it the "
        "price book, which holds US prices, is used everywhere.",
        cost="GetProducts is free; a Region takes some dozens of calls a day.",
        lag="AWS publishes a change before or on the day it holds from. The whole list is read once a day; what was "
        "listed before stays with its day.",
        switch_on="Allow pricing:GetProducts. Name the Regions that you use under [sources.price_list] regions.",
    ),
    options=(Option("regions", "texts", "Regions whose prices are read; the account's own when none is named"),),
)
