"""Files of a Data Export in, exact lines out: a month is replaced whole or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sql.warehouse import Warehouse
from tests.sql.billing import COLUMNS, EXPORT, PAYER, land_month, line, write_month
from tests.sql.support import ACCOUNT, REGION, one, rows, warehouse

SONNET_INPUT = "USE1-Claude4.6Sonnet-input-tokens"


def months(wh: Warehouse) -> list[tuple[Any, ...]]:
    """Money by month and service."""
    return rows(
        wh, "SELECT billing_period, service, sum(usd)::DOUBLE, count(*) FROM raw.bill_lines GROUP BY ALL ORDER BY ALL"
    )


def test_lines_of_one_kind_are_summed_to_days_exactly(tmp_path: Path) -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/helper-role/BedrockAgentCore-%s"
    hours = [
        line(0.1, line_item_usage_start_date=f"2026-11-02 {hour:02}:00:00", line_item_iam_principal=session % hour)
        for hour in range(3)
    ]
    with warehouse(tmp_path) as wh:
        landed = land_month(wh, write_month(tmp_path / "a.parquet", *hours))
        found = one(wh, "FROM raw.bill_lines")
    assert found == (
        "/exports/cur", "2026-11", date(2026, 11, 2), ACCOUNT, PAYER, REGION, "AmazonBedrock", "Amazon Bedrock",
        SONNET_INPUT, "Usage", "helper-role", None, None, "1K tokens", Decimal("0.3"), 9.0, True,
    )  # fmt: skip
    assert landed.rows_new == 1


def test_everything_else_is_one_line_a_day_so_that_the_total_stays_true(tmp_path: Path) -> None:
    others = [
        line(7, line_item_product_code="AmazonEC2", product_servicecode="AmazonEC2",
             line_item_usage_type="USE1-BoxUsage", product={"servicename": "Amazon EC2"},
             line_item_resource_id=f"i-{n}")
        for n in range(2)
    ]  # fmt: skip
    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", line(1), *others))
        found = rows(
            wh,
            "SELECT service, usage_type, resource_id, role_name, quantity, usd::INTEGER FROM raw.bill_lines ORDER BY 1",
        )
    assert found == [
        ("AmazonBedrock", SONNET_INPUT, None, "helper-role", 3.0, 1),
        ("other", None, None, None, None, 14),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"line_item_product_code": "AmazonBedrockAgentCore", "product_servicecode": "AmazonBedrockAgentCore"},
        {"line_item_usage_type": "USE1-MP:USE1_InputTokenCount-Units"},
        {"line_item_usage_type": "USE1-MP:USE1_input_tokens_standard-Units"},
        {"product": {"product_name": "Claude Haiku 4.5 (Amazon Bedrock Edition)"}},
        {"line_item_resource_id": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws/spans"},
        {"line_item_resource_id": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/bedrock-agentcore/runtimes/a"},
        {"line_item_resource_id": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vendedlogs/bedrock-agentcore/a"},
    ],
)
def test_lines_about_agents_are_kept_whatever_code_they_are_billed_under(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    foreign: dict[str, Any] = {
        "line_item_product_code": "abc123",
        "product_servicecode": "",
        "product": {},
        "line_item_usage_type": "USE1-x",
    }
    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", line(**(foreign | fields)), line(**foreign)))
        assert one(wh, "SELECT count(*) FROM raw.bill_lines WHERE service <> 'other'") == (1,)


def test_product_attributes_may_be_a_map_json_text_or_absent(tmp_path: Path) -> None:
    as_text = COLUMNS | {"product": "VARCHAR"}
    absent = {name: kind for name, kind in COLUMNS.items() if name != "product"}
    found = []
    with warehouse(tmp_path) as wh:
        for number, columns in enumerate((COLUMNS, as_text, absent)):
            attributes: Any = {"model": "Nova Pro"} if number == 0 else '{"model": "Nova Pro"}'
            path = write_month(tmp_path / f"{number}.parquet", line(product=attributes), columns=columns)
            land_month(wh, path)
            found.append(one(wh, "SELECT name FROM raw.bill_lines"))
    assert found == [("Nova Pro",), ("Nova Pro",), ("AmazonBedrock",)]


def test_an_export_with_few_columns_gives_what_it_has(tmp_path: Path) -> None:
    few = {
        name: COLUMNS[name]
        for name in ("line_item_usage_start_date", "line_item_unblended_cost", "line_item_usage_type")
    }
    with warehouse(tmp_path) as wh:
        land_month(
            wh,
            write_month(
                tmp_path / "a.parquet", line(2, line_item_usage_type="USE1-MP:USE1_x_tokens-Units"), columns=few
            ),
        )
        assert one(wh, "SELECT service, account_id, role_name, quantity, usd::INTEGER FROM raw.bill_lines") == (
            *("unknown", None, None, None, 2),
        )


def test_a_restated_month_replaces_that_month_of_that_export_only(tmp_path: Path) -> None:
    october = line(3, line_item_usage_start_date="2026-10-05 00:00:00")
    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "o.parquet", october), period="2026-10")
        land_month(wh, write_month(tmp_path / "b.parquet", line(9)), export="/exports/other")
        land_month(wh, write_month(tmp_path / "1.parquet", line(1)))
        land_month(wh, write_month(tmp_path / "2.parquet", line(2, line_item_usage_type="USE1-NovaPro-input-tokens")))
        assert rows(
            wh, "SELECT export, billing_period, usage_type, usd::INTEGER FROM raw.bill_lines ORDER BY 1, 2"
        ) == [
            ("/exports/cur", "2026-10", SONNET_INPUT, 3),
            ("/exports/cur", "2026-11", "USE1-NovaPro-input-tokens", 2),
            ("/exports/other", "2026-11", SONNET_INPUT, 9),
        ]


def test_files_of_one_month_are_one_month(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        paths = [write_month(tmp_path / f"{n}.parquet", line(n)) for n in (1, 2)]
        assert land_month(wh, *paths).rows_new == 1
        assert months(wh) == [("2026-11", "AmazonBedrock", 3.0, 1)]


@pytest.mark.parametrize("missing", ["line_item_usage_start_date", "line_item_unblended_cost"])
def test_a_file_that_is_no_bill_leaves_the_month_as_it_was(tmp_path: Path, missing: str) -> None:
    columns = {name: kind for name, kind in COLUMNS.items() if name != missing}
    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", line(1)))
        with pytest.raises(Exception, match=f"a line has no {missing}"):
            land_month(wh, write_month(tmp_path / "b.parquet", line(2), columns=columns))
        assert months(wh) == [("2026-11", "AmazonBedrock", 1.0, 1)]


def test_a_crash_after_the_old_month_is_gone_brings_it_back(tmp_path: Path) -> None:
    class Crash(Exception):
        """The machine stops."""

    def land_and_stop(wh: Warehouse, path: Path) -> None:
        with wh.transaction():
            wh.land_files("bill_lines", [path], {"export": "/exports/cur", "billing_period": "2026-11"}, EXPORT)
            raise Crash

    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", line(1)))
        with pytest.raises(Crash):
            land_and_stop(wh, write_month(tmp_path / "b.parquet", line(2)))
        assert months(wh) == [("2026-11", "AmazonBedrock", 1.0, 1)]
    with warehouse(tmp_path) as wh:
        assert months(wh) == [("2026-11", "AmazonBedrock", 1.0, 1)]


def test_who_called_is_a_role_or_a_hash_and_never_a_name(tmp_path: Path) -> None:
    callers = [
        f"arn:aws:sts::{ACCOUNT}:assumed-role/desk/alice@example.org",
        f"arn:aws:iam::{ACCOUNT}:user/alice",
    ]
    lines = [line(line_item_iam_principal=caller, line_item_user_identifier="alice@example.org") for caller in callers]
    tagged = line(resource_tags={"user_owner": "alice@example.org"}, line_item_iam_principal=None)
    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", *lines, tagged))
        text = str(rows(wh, "SELECT to_json(l)::VARCHAR FROM raw.bill_lines l"))
        found = rows(wh, "SELECT role_name, caller_hash FROM raw.bill_lines ORDER BY ALL")
    hashed = sha256(b"alice@example.org").hexdigest()
    assert "alice" not in text
    assert found == [("desk", hashed), (None, hashed), (None, None)]
