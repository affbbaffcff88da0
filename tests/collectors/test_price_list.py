"""The Price List over HTTP: every price of the Regions in use, with its day, and nothing lost on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.settings import Settings, SourceSettings
from tests.collectors.fake_aws import FakeAws, Fault
from tests.collectors.fake_billing import price_list, product, sampled
from tests.collectors.support import NOW, fake, read, rows

NOVA = {
    "AmazonBedrock": [
        product(f"USE1-NovaPro-{kind}-tokens", "0.0008", model="Nova Pro") for kind in ("input", "output")
    ]
}


def listing(aws: FakeAws, products: dict[str, list[str]]) -> None:
    """Let the account's Price List hold these products."""
    aws.answers["GetProducts"] = price_list(aws, products)


def test_every_measured_price_lands_with_its_day_region_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: Path
) -> None:
    measured = json.loads((shared / "aws" / "samples" / "price_list_entries.json").read_text())
    with fake(monkeypatch) as aws:
        listing(aws, sampled(measured))
        (done,) = read(tmp_path, "price_list").runs
        codes = [each["ServiceCode"] for each in aws.asked("GetProducts")]
    found = rows(tmp_path, "SELECT service_code, usage_type, name, unit, reading.usd FROM raw.list_prices")
    expected = {
        (code, entry["usagetype"], Decimal(str(entry["usd"])))
        for code, entries in measured.items()
        for entry in entries
    }
    assert (done.status, done.rows_new, done.rejects) == ("ok", len(found), 0)
    assert {(code, usage_type, usd) for code, usage_type, _, _, usd in found} == expected
    assert len(found) == sum(len(entries) for entries in measured.values())
    assert ("AmazonBedrockFoundationModels", "USE1-MP:USE1_InputTokenCount-Units", "Claude Haiku 4.5", "1M tokens",
            Decimal("1.1")) in found  # fmt: skip
    assert list(dict.fromkeys(codes)) == [
        *("AmazonBedrock", "AmazonBedrockFoundationModels", "AmazonBedrockService", "AmazonBedrockAgentCore")
    ]


def test_a_row_holds_what_a_price_is_chosen_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        listing(
            aws, {"AmazonBedrock": [product("USE1-NovaPro-input-tokens", "0.0008", sku="S1", titanModel="Nova Pro")]}
        )
        read(tmp_path, "price_list")
    as_text = "* REPLACE (effective_from::VARCHAR AS effective_from, reading::VARCHAR AS reading)"
    assert rows(tmp_path, f"SELECT {as_text} FROM raw.list_prices") == [
        ("AmazonBedrock", "S1", "S1.JRTCKXETXF.6YS6EN2CT7", "2026-11-01 00:00:00", "us-east-1",
         "USE1-NovaPro-input-tokens", "Nova Pro", None, "1K tokens", "0", "Inf",
         "{'published_at': '2026-11-15 20:50:51', 'usd': 0.000800000000}")
    ]  # fmt: skip


def test_it_is_read_once_a_day_and_a_second_reading_brings_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        listing(aws, NOVA)
        read(tmp_path, "price_list")
        calls = len(aws.asked("GetProducts"))
        assert read(tmp_path, "price_list", now=NOW + timedelta(hours=5)).runs == []
        assert len(aws.asked("GetProducts")) == calls
        (again,) = read(tmp_path, "price_list", now=NOW + timedelta(days=1)).runs
    assert (again.status, again.rows_new, again.rows_changed, again.duplicates) == ("ok", 0, 0, 2)


def test_the_regions_of_the_settings_are_read_each_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"price_list": SourceSettings(options={"regions": ("us-east-1", "eu-central-1")})}
    europe = product("EUC1-NovaPro-input-tokens", "0.00105", model="Nova Pro", regionCode="eu-central-1")
    with fake(monkeypatch) as aws:
        listing(aws, {"AmazonBedrock": [*NOVA["AmazonBedrock"], europe]})
        done = read(tmp_path, "price_list", settings=Settings(home=tmp_path, sources=own)).runs
    assert [(each.scope.region, each.rows_new) for each in done] == [("us-east-1", 2), ("eu-central-1", 1)]
    assert rows(tmp_path, "SELECT region, count(*) FROM raw.list_prices GROUP BY 1 ORDER BY 1") == [
        ("eu-central-1", 1),
        ("us-east-1", 2),
    ]


def test_a_region_without_bedrock_costs_one_call_and_is_not_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        listing(aws, {})
        (done,) = read(tmp_path, "price_list").runs
        assert len(aws.asked("GetProducts")) == 1
    assert (done.status, done.error_message) == ("not_set_up", "AWS lists no Bedrock prices for us-east-1.")


def test_a_denied_call_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.faults.append(Fault("GetProducts", "AccessDeniedException", 400))
        (done,) = read(tmp_path, "price_list").runs
    assert (done.status, done.error_message) == ("failed", "AWS denied pricing:GetProducts on *.")
    assert "Allow pricing:GetProducts" in str(done.remedy)


def test_a_list_that_breaks_off_lands_nothing_and_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch, page_events=1) as aws:
        listing(aws, NOVA)
        aws.faults.append(Fault("GetProducts", "InternalErrorException", 500, passed=1, times=1))
        (broken,) = read(tmp_path, "price_list").runs
        assert rows(tmp_path, "FROM raw.list_prices") == []
        (done,) = read(tmp_path, "price_list").runs
    assert (broken.status, broken.retry_helps, done.status, done.rows_new) == ("failed", True, "ok", 2)


def test_what_cannot_be_read_is_a_reject_or_skipped_and_the_rest_lands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [
        "no json",
        "[]",
        json.dumps({"product": {"attributes": {"regionCode": "us-east-1"}}, "terms": {"OnDemand": {"a": {}}}}),
        product("USE1-yuan", "1", currency="CNY", sku="CNY"),
        json.dumps({"product": {"sku": "a", "attributes": {"regionCode": "us-east-1"}}, "terms": {"Reserved": {}}}),
    ]
    with fake(monkeypatch) as aws:
        everything = {"AmazonBedrock": [*broken, *NOVA["AmazonBedrock"]]}
        aws.answers["GetProducts"] = lambda asked: (200, {"PriceList": everything.get(asked["ServiceCode"], [])})
        (done,) = read(tmp_path, "price_list").runs
    assert (done.status, done.rows_new, done.skipped, done.rejects) == ("ok", 2, 1, 4)
    assert [row[0] for row in rows(tmp_path, "SELECT reason FROM ops.rejects ORDER BY 1")] == [
        *(
            "missing_price",
            "unreadable_product_JSONDecodeError",
            "unreadable_product_KeyError",
            "unreadable_product_TypeError",
        )
    ]
