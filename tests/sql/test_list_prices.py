"""The Price List in place of the price book: by Region and day, exactly, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sql.config import ConfigTables, PriceOverride
from sql.models import folder
from tests.sql.billing import land_prices, list_price
from tests.sql.support import NOW, invocation, land, rows, warehouse

NOVA = "us.amazon.nova-pro-v1:0"
INPUT, OUTPUT = "USE1-NovaPro-input-tokens", "USE1-NovaPro-output-tokens"
BOTH = [list_price(INPUT, "0.0010000000"), list_price(OUTPUT, "0.0040000000")]
BOOK_COST = Decimal("0.00112")  # 1,000 tokens in at 0.80 and 100 out at 3.20 USD a million
LISTED_COST = Decimal("0.0014")


def priced(
    home: Path, prices: list[dict[str, Any]], record: Any = None, *, overrides: tuple[PriceOverride, ...] = ()
) -> tuple[Any, ...]:
    """Cost and price state of one call of Nova Pro, where the Price List says this."""
    config = ConfigTables(org={"timezone": "UTC"}, prices=overrides)
    with warehouse(home, config) as wh:
        land_prices(wh, *prices)
        land(wh, [record or invocation("r1", model=NOVA)])
        wh.build(NOW)
        assert [each for each in wh.check() if each.severity == "fail"] == []
        return rows(wh, "SELECT cost_usd, price_state FROM mart.model_calls")[0]


def test_a_call_costs_what_the_price_list_says_for_its_own_region(tmp_path: Path) -> None:
    assert priced(tmp_path, BOTH) == (LISTED_COST, "priced")


def test_a_call_of_a_region_that_was_not_read_costs_what_the_price_book_says(tmp_path: Path) -> None:
    elsewhere = [each | {"region": "eu-central-1"} for each in BOTH]
    assert priced(tmp_path, elsewhere) == (BOOK_COST, "priced")


def test_a_price_holds_from_its_day_on_and_the_book_before_it(tmp_path: Path) -> None:
    later = [each | {"effective_from": "2026-11-03T00:00:00Z"} for each in BOTH]
    assert priced(tmp_path / "before", later) == (BOOK_COST, "priced")
    assert priced(tmp_path / "from", later, invocation("r1", model=NOVA, at=86_400.0)) == (LISTED_COST, "priced")


def test_a_price_that_was_listed_once_stays_for_the_calls_of_its_time(tmp_path: Path) -> None:
    change = {"effective_from": "2026-11-10T00:00:00Z", "published_at": "2026-11-12T00:00:00Z"}
    with warehouse(tmp_path) as wh:
        land_prices(wh, *BOTH)
        land_prices(wh, *[each | change | {"usd": "0.5"} for each in BOTH])
        wh.build(NOW)
        found = rows(
            wh,
            """SELECT token_kind, valid_from, valid_to, usd_per_mtok::DOUBLE FROM mart.prices
               WHERE origin = 'price_list' ORDER BY ALL""",
        )
    first, change_day = date(2026, 11, 1), date(2026, 11, 10)
    assert found == [
        ("input", first, change_day, 1.0),
        ("input", change_day, None, 500.0),
        ("output", first, change_day, 4.0),
        ("output", change_day, None, 500.0),
    ]


def test_a_price_that_is_listed_after_the_build_changes_the_calls_that_are_built(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [invocation("r1", model=NOVA)])
        wh.build(NOW)
        assert rows(wh, "SELECT cost_usd FROM mart.model_calls") == [(BOOK_COST,)]
        land_prices(wh, *BOTH)
        assert wh.build(NOW).full
        assert rows(wh, "SELECT cost_usd FROM mart.model_calls") == [(LISTED_COST,)]
        land_prices(wh, *BOTH)
        assert not wh.build(NOW).did_something


def test_the_owners_price_goes_before_both_from_its_day_on(tmp_path: Path) -> None:
    def own(kind: str, usd: str, day: date) -> PriceOverride:
        return PriceOverride("amazon.nova-pro-v1:0", "regional", "default", kind, day, Decimal(usd), "contract")

    now = tuple(own(kind, "100", date(2026, 11, 2)) for kind in ("input", "output"))
    later = tuple(own(kind, "100", date(2026, 11, 3)) for kind in ("input", "output"))
    assert priced(tmp_path / "now", BOTH, overrides=now) == (Decimal("0.11"), "priced")
    assert priced(tmp_path / "later", BOTH, overrides=later) == (LISTED_COST, "priced")


def test_a_kind_that_the_list_lacks_costs_what_the_book_says(tmp_path: Path) -> None:
    assert priced(tmp_path, BOTH[:1]) == (Decimal("0.00132"), "priced")


def test_a_global_profile_a_tier_and_a_batch_have_prices_of_their_own(tmp_path: Path) -> None:
    prices = [*BOTH, *(each | {"sku": f"flex-{n}", "usage_type": f"{each['usage_type']}-flex", "usd": "9",
                               "rate_code": f"flex-{n}"} for n, each in enumerate(BOTH))]  # fmt: skip
    assert priced(tmp_path / "a", prices) == (LISTED_COST, "priced")
    flex = invocation(
        "r1", model=NOVA, input={"inputTokenCount": 1000, "inputBodyJson": {"serviceTier": {"type": "flex"}}}
    )
    assert priced(tmp_path / "b", prices, flex) == (Decimal("9.9"), "priced")


def test_the_parts_of_spend_add_up_to_the_cost_of_the_calls_wherever_their_prices_come_from(tmp_path: Path) -> None:
    calls = [invocation("r1", model=NOVA), invocation("r2", model=NOVA, region="eu-central-1")]
    names = ("agents", "versions", "environments")
    asked = {**dict.fromkeys(names), "from": date(2026, 11, 1), "to": date(2026, 11, 30)}
    with warehouse(tmp_path) as wh:
        land_prices(wh, *BOTH)
        land(wh, calls)
        wh.build(NOW)
        wh.check()
        published = wh.publish(NOW)
    with duckdb.connect(str(published), read_only=True) as con:
        parts = con.execute(folder("queries")["spend_parts"].sql, asked).fetchall()
        (cost,) = con.execute("SELECT sum(cost_usd)::DOUBLE FROM model_calls").fetchall()[0]
    assert [row[:3] for row in parts] == [
        ("amazon.nova-pro-v1:0", "input", 2000),
        ("amazon.nova-pro-v1:0", "output", 200),
    ]
    assert sum(row[3] for row in parts) == pytest.approx(cost)
    assert cost == pytest.approx(float(LISTED_COST + BOOK_COST))


def test_two_prices_for_one_thing_are_none_and_the_check_says_so(tmp_path: Path) -> None:
    other = BOTH[0] | {"sku": "again", "rate_code": "again.T.D", "usd": "0.0020000000"}
    with warehouse(tmp_path) as wh:
        land_prices(wh, *BOTH, other)
        land(wh, [invocation("r1", model=NOVA)])
        wh.build(NOW)
        states = rows(wh, "SELECT sku, state FROM mart.list_prices ORDER BY sku")
        (check,) = [each for each in wh.check() if each.check_name == "list_prices_not_understood"]
        cost = rows(wh, "SELECT cost_usd FROM mart.model_calls")
    assert states == [(INPUT, "ambiguous"), (OUTPUT, "used"), ("again", "ambiguous")]
    assert (check.severity, check.offenders) == ("warn", 1)
    assert cost == [(Decimal("0.0012"),)]


def test_a_price_that_is_listed_no_more_contradicts_no_one(tmp_path: Path) -> None:
    successor = BOTH[0] | {"sku": "new", "rate_code": "new.T.D", "usd": "0.0020000000"}
    successor |= {"effective_from": "2026-11-09T00:00:00Z", "published_at": "2026-11-18T00:00:00Z"}
    with warehouse(tmp_path) as wh:
        land_prices(wh, *BOTH)
        land_prices(wh, successor, BOTH[1] | {"published_at": "2026-11-18T00:00:00Z"})
        wh.build(NOW)
        assert rows(wh, "SELECT DISTINCT state FROM mart.list_prices") == [("used",)]
        assert rows(
            wh,
            """SELECT valid_from::VARCHAR, valid_to::VARCHAR FROM mart.prices
               WHERE origin = 'price_list' AND token_kind = 'input' ORDER BY 1""",
        ) == [("2026-11-01", "2026-11-09"), ("2026-11-09", None)]


def test_the_runtime_endpoint_goes_before_another_endpoint_of_the_same_model(tmp_path: Path) -> None:
    named = {"name": "gpt-oss-120b"}
    prices = [
        list_price("USE1-gpt-oss-120b-input-tokens", "0.00015", **named),
        list_price("USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", "0.00016", **named),
    ]
    with warehouse(tmp_path) as wh:
        land_prices(wh, *prices)
        wh.build(NOW)
        assert rows(wh, "SELECT state, usd_per_mtok::DOUBLE FROM mart.list_prices ORDER BY 2") == [
            ("used", 150.0 / 1000),
            ("other_endpoint", 160.0 / 1000),
        ]


def test_a_correction_of_a_day_wins_by_its_publication_in_any_order(tmp_path: Path) -> None:
    corrected = BOTH[0] | {"usd": "0.0005", "published_at": "2026-11-16T00:00:00Z"}
    found = []
    for number, order in enumerate([(BOTH[0], corrected), (corrected, BOTH[0])]):
        with warehouse(tmp_path / str(number)) as wh:
            for each in order:
                land_prices(wh, each)
            found.append(rows(wh, "SELECT reading.usd::DOUBLE FROM raw.list_prices"))
    assert found == [[(0.0005,)], [(0.0005,)]]


def test_a_new_date_without_a_new_price_is_no_new_price(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land_prices(wh, *BOTH, *[each | {"effective_from": "2026-11-08T00:00:00Z"} for each in BOTH])
        wh.build(NOW)
        assert rows(wh, "SELECT count(*), max(valid_from)::VARCHAR FROM mart.prices WHERE origin = 'price_list'") == [
            (2, "2026-11-01")
        ]


def test_every_price_says_whether_and_why_it_is_not_used(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"usage_type": f"{INPUT}-hyperfast"}, "unknown_usage"),
        ({"usage_type": f"{INPUT}-custom-model"}, "custom_model"),
        ({"usage_type": "USE1-NovaSonic-speech-input-tokens"}, "other_modality"),
        ({"usage_type": "USE1-NovaPro-T2I-1024", "unit": "image"}, "no_token_price"),
        ({"begin_range": "0", "end_range": "1000000"}, "tiered"),
        ({"name": "Acme Large", "usage_type": "USE1-Acme-input-tokens"}, "unknown_model"),
        ({"usage_type": "USE1-NovaPro-input-tokens-long-context"}, "long_context"),
        ({"unit": "1M tokens"}, "used"),
        ({"name": "Nova Lite", "service_code": "AmazonBedrockAgentCore"}, "no_token_price"),
    ]
    prices = [list_price(INPUT, "0.5", sku=str(n)) | fields for n, (fields, _) in enumerate(cases)]
    with warehouse(tmp_path) as wh:
        land_prices(wh, *prices)
        wh.build(NOW)
        found = rows(wh, "SELECT state FROM mart.list_prices ORDER BY sku")
        used = rows(wh, "SELECT context, usd_per_mtok::DOUBLE FROM mart.prices WHERE origin = 'price_list' ORDER BY 1")
    assert [row[0] for row in found] == [state for _, state in cases]
    assert used == [("long", 500.0), ("standard", 0.5)]


def test_a_long_prompt_of_a_model_with_a_price_for_long_prompts_is_an_estimate(tmp_path: Path) -> None:
    long = [list_price(f"{INPUT}-long-context", "0.002")]
    assert priced(tmp_path / "short", [*BOTH, *long], invocation("r1", model=NOVA, tokens=(200_000, 0)))[1] == "priced"
    found = priced(tmp_path / "long", [*BOTH, *long], invocation("r1", model=NOVA, tokens=(200_001, 0)))
    assert found == (Decimal("0.200001"), "estimated")
    assert priced(tmp_path / "none", BOTH, invocation("r1", model=NOVA, tokens=(200_001, 0)))[1] == "priced"


def test_a_price_without_amount_id_or_day_is_a_reject(tmp_path: Path) -> None:
    wrong = ({"usd": None}, {"usd": "-1"}, {"rate_code": None}, {"effective_from": "soon"})
    with warehouse(tmp_path) as wh:
        landed = land_prices(wh, *[list_price(INPUT, "1") | fields for fields in wrong])
        assert landed.rejects == {"missing_id": 1, "missing_price": 1, "missing_time": 1, "negative_price": 1}
        assert rows(wh, "FROM raw.list_prices") == []


def test_reading_the_same_list_again_changes_nothing(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        assert land_prices(wh, *BOTH).rows_new == 2
        again = land_prices(wh, *BOTH)
    assert (again.rows_new, again.rows_changed, again.duplicates) == (0, 0, 2)
