"""The curated names of models: every name means one model, and every usage type says what it says."""

import csv
import re
from pathlib import Path

from tests.conftest import ROOT
from tests.sql.billing import land_prices, list_price
from tests.sql.support import NOW, rows, warehouse

NAMES = ROOT / "sql" / "seeds" / "price_names.csv"
USAGE_TYPES = {
    "USE1-NovaPro-input-tokens": ("tokens", "novapro", "input", "default", "regional", "standard"),
    "USE1-NovaPro-input-tokens-priority": ("tokens", "novapro", "input", "priority", "regional", "standard"),
    "USE1-NovaPro-output-tokens-flex": ("tokens", "novapro", "output", "flex", "regional", "standard"),
    "USE1-NovaPro-input-tokens-latency-optimized": (
        *("tokens", "novapro", "input", "latency-optimized", "regional", "standard"),
    ),
    "USE1-NovaPro-cache-read-input-token-count": ("tokens", "novapro", "cache_read", "default", "regional", "standard"),
    "EU-Nova2.0Lite-output-tokens-cross-region-global": (
        *("tokens", "nova2.0lite", "output", "default", "global", "standard"),
    ),
    "APS3-Nova2.0Pro-text-input-tokens-priority-cross-region-global": (
        *("tokens", "nova2.0pro", "input", "priority", "global", "standard"),
    ),
    "USE1-Claude4Sonnet-output-tokens-long-context-cross-region-global": (
        *("tokens", "claude4sonnet", "output", "default", "global", "long"),
    ),
    "gpt-oss-20b-input-tokens-flex": ("tokens", "gptoss20b", "input", "flex", "regional", "standard"),
    "USE1-deepseek.v3.2-mantle-input-tokens-standard": ("tokens", None, "input", "default", "regional", "standard"),
    "USE1-openai.gpt-5.6-luna-mantle-cache-write-tokens-30m-long-ctx-flex": (
        *("tokens", None, "cache_write_30m", "flex", "regional", "long"),
    ),
    "USE1-MP:USE1_InputTokenCount-Units": ("tokens", None, "input", "default", "regional", "standard"),
    "USE1-MP:USE1_OutputTokenCount_Global_Batch-Units": ("tokens", None, "output", "batch", "global", "standard"),
    "USE1-MP:USE1_MillionBatchInputTokens-Units": ("tokens", None, "input", "batch", "regional", "standard"),
    "USE1-MP:USE1_CacheWriteInputTokenCount-Units": (
        *("tokens", None, "cache_write_5m", "default", "regional", "standard"),
    ),
    "USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units": (
        *("tokens", None, "cache_write_1h", "default", "global", "standard"),
    ),
    "USE1-MP:USE1_cache_write_tokens_1h_long_ctx_global_standard-Units": (
        *("tokens", None, "cache_write_1h", "default", "global", "long"),
    ),
    "USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units": ("reserved", None, None, "reserved", "regional", "standard"),
    "USE1-NovaPro-input-tokens-custom-model": ("custom_model", "novapro", None, "default", "regional", "standard"),
    "USE1-NovaSonic-speech-input-tokens": (
        *("other_modality", "novasonicspeech", None, "default", "regional", "standard"),
    ),
    "USE1-NovaPro-input-tokens-hyperfast": ("none", "novapro", None, "default", "regional", "standard"),
    "USE1-Runtime:Consumption-based:vCPU": ("none", None, None, "default", "regional", "standard"),
    "USE1-Evaluations:Consumption-based:BuiltIn-Input:Tier1": ("none", None, None, "default", "regional", "standard"),
}


def read_names() -> list[dict[str, str]]:
    """Return the rows of the curated list."""
    with NAMES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def letters(name: str) -> str:
    """Return what of a name counts when two are compared."""
    return re.sub(r"[^a-z0-9.]", "", name.lower().replace("+", "plus"))


def test_a_name_stands_once_and_says_where_it_was_seen() -> None:
    found = read_names()
    assert list(found[0]) == ["name", "model", "source"]
    assert len({letters(row["name"]) for row in found}) == len(found)
    assert [row for row in found if len(row["source"]) < 10] == []


def test_every_model_of_the_list_is_one_of_the_price_book() -> None:
    with (ROOT / "sql" / "seeds" / "prices.csv").open(encoding="utf-8", newline="") as file:
        book = {row["model"] for row in csv.DictReader(file)}
    assert {row["model"] for row in read_names()} - book == set()


def test_a_usage_type_says_which_tokens_at_which_tier_and_route_or_that_it_is_none(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land_prices(wh, *[list_price(usage_type, "1") for usage_type in USAGE_TYPES])
        wh.build(NOW)
        found = rows(wh, "SELECT usage_type, what, model_name, token_kind, tier, scope, context FROM int_usage_types")
    read = {row[0]: (row[1], row[2] and letters(row[2]), *row[3:]) for row in found}
    assert read == USAGE_TYPES


def test_a_model_is_found_by_a_known_name_or_is_not_known(tmp_path: Path) -> None:
    cases = [
        ("Claude Haiku 4.5", "USE1-MP:USE1_InputTokenCount-Units", "anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("Command R+", "USE1-CommandRPlus-input-tokens", "cohere.command-r-plus-v1:0"),
        ("NOVA pro", "USE1-NovaPro-input-tokens", "amazon.nova-pro-v1:0"),
        ("amazon.titan-embed-text-v2:0", "USE1-x-input-tokens", "amazon.titan-embed-text-v2:0"),
        (None, "USE1-Claude4.6Sonnet-input-tokens", "anthropic.claude-sonnet-4-6"),
        (None, "USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", "openai.gpt-oss-120b-1:0"),
        (None, "USE1-openai.gpt-5.5-mantle-input-tokens-standard", "openai.gpt-5.5"),
        ("Nova Pro 2", "USE1-NovaPro2-input-tokens", None),
    ]
    with warehouse(tmp_path) as wh:
        land_prices(
            wh, *[list_price(usage_type, "1", sku=str(n), name=name) for n, (name, usage_type, _) in enumerate(cases)]
        )
        wh.build(NOW)
        found = rows(wh, "SELECT model, state FROM mart.list_prices ORDER BY sku")
    assert found == [(model, "unknown_model" if model is None else "used") for _, _, model in cases]
