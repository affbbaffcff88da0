"""Our estimate beside AWS's bill: the gap is what it is, and unknown where one side is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sql.config import ConfigTables
from tests.sql.billing import answer, land_days, land_month, line, write_month
from tests.sql.support import ACCOUNT, NOW, invocation, land, rows, warehouse

SONNET = "anthropic.claude-sonnet-4-6"
MODEL = f"us.{SONNET}"
NOVA = "amazon.nova-pro-v1:0"
CALL = invocation("r1", model=MODEL, tokens=(1_000_000, 0))  # 3.30 USD at the price book's regional price
COLUMNS = "model, calls, estimated_usd::DOUBLE, billed_usd::DOUBLE, gap_usd::DOUBLE, state"


def compared(home: Path, records: list[Any], lines: list[Any], columns: str = COLUMNS) -> list[tuple[Any, ...]]:
    """Rows of the mart, after these invocation records and these lines of a Data Export."""
    with warehouse(home) as wh:
        land(wh, records)
        if lines:
            land_month(wh, write_month(home / "month.parquet", *lines))
        wh.build(NOW)
        return rows(wh, f"SELECT {columns} FROM mart.reconciliation ORDER BY model NULLS FIRST")


def test_the_gap_is_the_bill_minus_the_estimate_with_its_sign(tmp_path: Path) -> None:
    found = compared(
        tmp_path, [CALL], [line(3.0), line(0.5, line_item_usage_type="USE1-Claude4.6Sonnet-output-tokens")]
    )
    assert found == [(SONNET, 1, 3.3, 3.5, 0.2, "compared")]
    more = "gap_ratio::DECIMAL(9,6)::VARCHAR, provisional, source, day::VARCHAR, account_id"
    assert compared(tmp_path, [], [], more) == [("0.057143", True, "cur", "2026-11-02", ACCOUNT)]


def test_without_a_bill_everything_about_it_is_unknown(tmp_path: Path) -> None:
    assert compared(tmp_path, [CALL], [], f"{COLUMNS}, gap_ratio, provisional, source") == [
        (SONNET, 1, 3.3, None, None, "no_bill", None, None, None)
    ]


def test_a_day_whose_bill_is_known_and_has_no_line_for_a_model_billed_nothing_for_it(tmp_path: Path) -> None:
    nova = line(1.0, line_item_usage_type="USE1-NovaPro-input-tokens")
    assert compared(tmp_path, [CALL], [nova], f"{COLUMNS}, gap_ratio") == [
        (NOVA, 0, None, 1.0, 1.0, "unseen", 1.0),
        (SONNET, 1, 3.3, 0.0, -3.3, "compared", None),
    ]


def test_a_line_that_names_no_known_model_leaves_the_others_unknown(tmp_path: Path) -> None:
    unnamed = line(4.0, line_item_usage_type="USE1-Acme-input-tokens")
    assert compared(tmp_path, [CALL], [unnamed]) == [
        (None, 0, None, 4.0, 4.0, "unseen"),
        (SONNET, 1, 3.3, None, None, "no_bill"),
    ]


def test_calls_without_a_price_are_no_estimate_and_some_make_it_a_lower_bound(tmp_path: Path) -> None:
    unpriced = invocation("r2", model=MODEL, tokens=None)
    assert compared(tmp_path / "a", [unpriced], [line(3.0)]) == [(SONNET, 1, None, 3.0, None, "unpriced")]
    found = compared(tmp_path / "b", [CALL, unpriced], [line(3.3)], f"{COLUMNS}, unpriced_calls")
    assert found == [(SONNET, 2, 3.3, 3.3, 0.0, "partly_priced", 1)]


def test_credits_and_tax_are_beside_the_usage_that_is_compared(tmp_path: Path) -> None:
    lines = [line(3.3), line(-1.3, line_item_line_item_type="Credit"), line(0.6, line_item_line_item_type="Tax")]
    assert compared(tmp_path, [CALL], lines, f"{COLUMNS}, adjustments_usd::DOUBLE") == [
        (SONNET, 1, 3.3, 3.3, 0.0, "compared", -0.7)
    ]


def test_what_is_not_the_model_is_not_compared(tmp_path: Path) -> None:
    runtime = line(
        8.0, line_item_usage_type="USE1-Runtime:Consumption-based:vCPU", product_servicecode="AmazonBedrockAgentCore"
    )
    assert [row[0] for row in compared(tmp_path, [], [line(3.0), runtime])] == [SONNET]


@pytest.mark.parametrize(("account", "state"), [(ACCOUNT, "compared"), ("444455556666", "no_bill")])
def test_the_bill_of_another_account_says_nothing(tmp_path: Path, account: str, state: str) -> None:
    told = answer(
        "2026-11-04T06:00:00",
        ("2026-11-02", "Amazon Bedrock", "USE1-Claude4.6Sonnet-input-tokens", "3"),
        account=account,
    )
    with warehouse(tmp_path) as wh:
        land(wh, [CALL])
        land_days(wh, told)
        wh.build(NOW)
        found = rows(wh, f"SELECT state FROM mart.reconciliation WHERE account_id = '{ACCOUNT}'")
    assert found == [(state,)]


def test_days_are_those_of_the_bill_whatever_the_organisations_time_zone(tmp_path: Path) -> None:
    late = invocation("r1", model=MODEL, at=14.9 * 3600)
    with warehouse(tmp_path, ConfigTables(org={"timezone": "Asia/Tokyo"})) as wh:
        land(wh, [late])
        wh.build(NOW)
        assert rows(wh, "SELECT c.day::VARCHAR, r.day::VARCHAR FROM mart.model_calls c, mart.reconciliation r") == [
            ("2026-11-03", "2026-11-02")
        ]
