"""Prices and bills as they land: rows of the Price List and of Cost Explorer, Parquet files of a Data Export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from sql.warehouse import Landed, Scope, Warehouse
from tests.sql.support import ACCOUNT, REGION

PAYER = "999988887777"
PUBLISHED = "2026-11-15T00:00:00Z"
PRICES = Scope("price_list", ACCOUNT, REGION)
DAYS = Scope("cost_explorer", ACCOUNT, REGION)
EXPORT = Scope("cost_usage_report", "", "", "/exports/cur")
# The columns that the default export of the console holds and that matter here, as AWS types them.
COLUMNS = {
    "bill_billing_period_start_date": "TIMESTAMP", "bill_invoice_id": "VARCHAR", "bill_payer_account_id": "VARCHAR",
    "line_item_usage_start_date": "TIMESTAMP", "line_item_usage_account_id": "VARCHAR",
    "line_item_product_code": "VARCHAR", "line_item_usage_type": "VARCHAR", "line_item_operation": "VARCHAR",
    "line_item_line_item_type": "VARCHAR", "line_item_resource_id": "VARCHAR", "line_item_iam_principal": "VARCHAR",
    "line_item_user_identifier": "VARCHAR", "line_item_unblended_cost": "DOUBLE", "line_item_usage_amount": "DOUBLE",
    "pricing_unit": "VARCHAR", "product": "MAP(VARCHAR, VARCHAR)", "product_region_code": "VARCHAR",
    "product_servicecode": "VARCHAR", "resource_tags": "MAP(VARCHAR, VARCHAR)",
}  # fmt: skip
Row = dict[str, Any]


def list_price(usage_type: str, usd: str, **fields: Any) -> Row:
    """One price dimension; its sku is its usage type unless one is given."""
    sku = str(fields.get("sku", usage_type))
    return {
        "service_code": "AmazonBedrock", "sku": sku, "rate_code": f"{sku}.T.D",
        "effective_from": "2026-11-01T00:00:00Z", "published_at": PUBLISHED, "region": REGION,
        "usage_type": usage_type, "name": "Nova Pro", "provider": "Amazon",
        "unit": "1K tokens", "begin_range": "0", "end_range": "Inf", "usd": usd,
    } | fields  # fmt: skip


def land_prices(wh: Warehouse, *rows: Mapping[str, Any]) -> Landed:
    """Land rows of the Price List."""
    with wh.transaction():
        return wh.land_rows("list_prices", rows, (), PRICES)


def answer(
    read_at: str, *lines: tuple[str, str, str, str], estimated: bool = False, account: str = ACCOUNT
) -> list[Row]:
    """One answer of Cost Explorer: (day, service, usage type, USD), with the line 'other' of each day."""
    common = {"account_id": account, "read_at": read_at, "estimated": estimated}
    names = ("day", "service", "usage_type", "usd")
    others = [(day, "other", "", "1") for day in dict.fromkeys(line[0] for line in lines)]
    return [common | dict(zip(names, line, strict=True)) | {"quantity": 2.0} for line in (*lines, *others)]


def land_days(wh: Warehouse, rows: Iterable[Row]) -> Landed:
    """Land rows of Cost Explorer."""
    with wh.transaction():
        return wh.land_rows("bill_days", rows, (), DAYS)


def line(usd: float = 1.0, **fields: Any) -> Row:
    """One line of a Data Export: input tokens of Claude Sonnet 4.6, called by a runtime's role."""
    return {
        "bill_billing_period_start_date": "2026-11-01", "bill_invoice_id": "", "bill_payer_account_id": PAYER,
        "line_item_usage_start_date": "2026-11-02 09:00:00", "line_item_usage_account_id": ACCOUNT,
        "line_item_product_code": "AmazonBedrock", "line_item_usage_type": "USE1-Claude4.6Sonnet-input-tokens",
        "line_item_operation": "InvokeModelInference", "line_item_line_item_type": "Usage", "line_item_resource_id": "",
        "line_item_iam_principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/helper-role/BedrockAgentCore-1",
        "line_item_user_identifier": "", "line_item_unblended_cost": usd, "line_item_usage_amount": 3.0,
        "pricing_unit": "1K tokens", "product": {"servicename": "Amazon Bedrock"}, "product_region_code": REGION,
        "product_servicecode": "AmazonBedrock", "resource_tags": {"user_team": "ops"},
    } | fields  # fmt: skip


def write_month(path: Path, *rows: Row, columns: Mapping[str, str] = COLUMNS) -> Path:
    """Write lines as a Parquet file with these columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".ndjson")
    source.write_text("".join(json.dumps({name: each.get(name) for name in columns}) + "\n" for each in rows))
    picked = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    with duckdb.connect() as con:
        lines = f"read_json('{source}', format = 'newline_delimited', columns = {{{picked}}})"
        con.execute(f"COPY (FROM {lines}) TO '{path}' (FORMAT parquet)")
    source.unlink()
    return path


def land_month(wh: Warehouse, *files: Path, period: str = "2026-11", export: str = "/exports/cur") -> Landed:
    """Put a month's files in place of what was read of it before."""
    with wh.transaction():
        return wh.land_files("bill_lines", files, {"export": export, "billing_period": period}, EXPORT)
