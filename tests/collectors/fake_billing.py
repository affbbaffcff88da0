"""Answers of AWS's billing services: the Price List, Cost Explorer, and the list of Data Exports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.collectors.fake_aws import Answer, Body, FakeAws

PUBLISHED = "2026-11-15T20:50:51Z"
EFFECTIVE = "2026-11-01T00:00:00Z"
EXPORT_ARN = "arn:aws:bcm-data-exports:us-east-1:111122223333:export/cur-1"
Group = tuple[str, str, str]


def product(usage_type: str, usd: str, unit: str = "1K tokens", **attributes: Any) -> str:
    """One product as GetProducts gives it: a JSON text. `effective`, `published` and `currency` are no attributes."""
    effective, published = attributes.pop("effective", EFFECTIVE), attributes.pop("published", PUBLISHED)
    currency, sku = attributes.pop("currency", "USD"), attributes.pop("sku", usage_type.upper())
    code = f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    dimension = {
        "unit": unit, "endRange": "Inf", "beginRange": "0", "rateCode": code, "appliesTo": [],
        "description": f"${usd} per {unit}", "pricePerUnit": {currency: usd},
    }  # fmt: skip
    term = {
        "priceDimensions": {code: dimension}, "sku": sku, "effectiveDate": effective,
        "offerTermCode": "JRTCKXETXF", "termAttributes": {},
    }  # fmt: skip
    named = {"regionCode": "us-east-1", "usagetype": usage_type, "servicename": "Amazon Bedrock"} | attributes
    return json.dumps(
        {
            "product": {"productFamily": "Amazon Bedrock", "sku": sku, "attributes": named},
            "serviceCode": "AmazonBedrock",
            "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": term}},
            "version": "20261115205051",
            "publicationDate": published,
        }
    )


def sampled(entries: Mapping[str, list[Body]]) -> dict[str, list[str]]:
    """Products made from measured rows (service code → usage type, USD, unit, model or service name)."""
    found: dict[str, list[str]] = {}
    units = {"AmazonBedrock": "1K tokens", "AmazonBedrockFoundationModels": "1M tokens"}
    for code, rows in entries.items():
        for number, row in enumerate(rows):
            named = {name: row[name] for name in ("model", "servicename", "inferenceType", "feature") if name in row}
            usd, unit = f"{Decimal(str(row['usd'])):.10f}", row.get("unit", units.get(code, ""))
            found.setdefault(code, []).append(product(row["usagetype"], usd, unit, sku=f"{code[-6:]}{number}", **named))
    return found


def price_list(aws: FakeAws, products: Mapping[str, list[str]]) -> Answer:
    """GetProducts over these products, by service code and Region, in short pages."""

    def answer(asked: Body) -> tuple[int, Body]:
        (where,) = asked["Filters"]
        texts = products.get(asked["ServiceCode"], [])
        here = [text for text in texts if f'"{where["Field"]}": "{where["Value"]}"' in text]
        return aws.paged(here, asked, "PriceList", "NextToken")

    return answer


def day(start: str, *groups: Group, estimated: bool = False, unit: str = "USD") -> Body:
    """What Cost Explorer says of one day: (service, usage type, USD) each."""
    return {
        "TimePeriod": {"Start": start, "End": start},
        "Total": {},
        "Groups": [
            {
                "Keys": [service, usage_type],
                "Metrics": {
                    "UnblendedCost": {"Amount": usd, "Unit": unit},
                    "UsageQuantity": {"Amount": "2", "Unit": "N/A"},
                },
            }
            for service, usage_type, usd in groups
        ],
        "Estimated": estimated,
    }


def costs(aws: FakeAws, *days: Body) -> Answer:
    """GetCostAndUsage over these days: each group on a page of its own, which names its day again."""
    parts = [day_ | {"Groups": [group]} for day_ in days for group in day_["Groups"]]
    parts += [day_ for day_ in days if not day_["Groups"]]

    def answer(asked: Body) -> tuple[int, Body]:
        start, end = asked["TimePeriod"]["Start"], asked["TimePeriod"]["End"]
        within = [part for part in parts if start <= part["TimePeriod"]["Start"] < end]
        return aws.paged(within, asked, "ResultsByTime", "NextPageToken")

    return answer


def export(bucket: str, query: str = "SELECT line_item_usage_type FROM COST_AND_USAGE_REPORT") -> Body:
    """A Data Export as GetExport gives it."""
    destination = {"S3Bucket": bucket, "S3Prefix": "bills", "S3Region": "us-east-1"}
    output = {"OutputType": "CUSTOM", "Format": "PARQUET", "Compression": "PARQUET", "Overwrite": "OVERWRITE_REPORT"}
    return {
        "Export": {
            "ExportArn": EXPORT_ARN,
            "Name": "agents",
            "DataQuery": {"QueryStatement": query},
            "DestinationConfigurations": {"S3Destination": destination | {"S3OutputConfigurations": output}},
            "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
        }
    }
