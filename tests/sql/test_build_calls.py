"""Records in, exact model and tool calls out: counted once, attributed by rule, priced by their own price only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sql.config import ConfigTables, Contract, PriceOverride
from tests.sql.support import NOW, agent_span, chat, invocation, land, one, rows, span, tool, warehouse

AGENT = "helper-0123456789"


def prices(*rows: tuple[str, str, str, str, str]) -> tuple[PriceOverride, ...]:
    """Overrides from (model, scope, token kind, valid from, USD per million)."""
    return tuple(
        PriceOverride(m, s, "default", k, date.fromisoformat(d), Decimal(usd), "test") for m, s, k, d, usd in rows
    )


def built(home: Path, records: list[Any], query: str, config: ConfigTables | None = None) -> list[tuple[Any, ...]]:
    with warehouse(home, config) as wh:
        land(wh, records)
        wh.build(NOW)
        assert [c for c in wh.check() if c.severity == "fail"] == []
        return rows(wh, query)


PROVIDER = "opentelemetry.instrumentation.botocore.bedrock-runtime"


def test_wrapper_and_provider_spans_are_one_call_with_the_wrappers_cache(tmp_path: Path) -> None:
    records = [
        agent_span("1"),
        chat(
            "1", "b", "a", (50, 5), gen_ai__usage__cache_read_input_tokens=900, gen_ai__server__time_to_first_token=70
        ),
        chat("1", "c", "b", (50, 5), scope=PROVIDER, aws__request_id="r1"),
    ]
    assert built(
        tmp_path,
        records,
        """SELECT call_id, span_id, uncached_input_tokens, cache_read_tokens, output_tokens, ttft_ms,
        token_source, attribution FROM mart.model_calls""",
    ) == [("r1", "c".rjust(16, "0"), 50, 900, 5, 70.0, "span", "span")]


def test_the_invocation_logs_tokens_win_where_the_request_id_matches(tmp_path: Path) -> None:
    records = [
        agent_span("1"),
        chat("1", "b", "a", (50, 5), scope=PROVIDER, aws__request_id="r1"),
        invocation("r1", tokens=(60, 6)),
    ]
    assert built(
        tmp_path,
        records,
        "SELECT uncached_input_tokens, output_tokens, token_source, task_id IS NOT NULL FROM mart.model_calls",
    ) == [(60, 6, "invocation_log", True)]


def test_the_log_may_land_before_or_after_its_span(tmp_path: Path) -> None:
    first, second = (
        [invocation("r1", tokens=(60, 6))],
        [agent_span("1"), chat("1", "b", "a", (50, 5), aws__request_id="r1")],
    )
    results = []
    for number, order in enumerate([(first, second), (second, first)]):
        with warehouse(tmp_path / str(number)) as wh:
            for i, batch in enumerate(order):
                land(wh, batch, start=i * 10)
                wh.build(NOW)
            results.append(rows(wh, "FROM mart.model_calls"))
    assert results[0] == results[1]
    assert len(results[0]) == 1


def test_names_of_the_standard_carry_gross_input(tmp_path: Path) -> None:
    gross = {"gen_ai__usage__cache_read__input_tokens": 900, "gen_ai__usage__cache_creation__input_tokens": 40}
    records = [
        agent_span("1"),
        chat("1", "b", "a", (1000, 5), **gross),
        agent_span("2"),
        chat("2", "b", "a", (100, 5), **gross),
    ]
    assert built(
        tmp_path,
        records,
        "SELECT uncached_input_tokens, usage_suspect, price_state FROM mart.model_calls ORDER BY trace_id",
    ) == [(60, False, "estimated"), (100, True, "estimated")]


@pytest.mark.parametrize(
    ("model", "expected"),
    [("us.anthropic.claude-sonnet-4-5-20250929-v1:0", (1000, False)), ("openai.gpt-oss-120b-1:0", (60, False))],
)
def test_the_same_field_means_another_thing_in_another_family(
    tmp_path: Path, model: str, expected: tuple[int, bool]
) -> None:
    record = invocation("r1", model=model)
    record["input"] |= {"cacheReadInputTokenCount": 900, "cacheWriteInputTokenCount": 40}
    query = "SELECT uncached_input_tokens, usage_suspect FROM mart.model_calls"
    assert built(tmp_path, [record], query) == [expected]


def test_a_gross_count_below_its_cached_part_is_suspect_and_left_as_stated(tmp_path: Path) -> None:
    record = invocation("r1", model="openai.gpt-oss-120b-1:0", tokens=(100, 5))
    record["input"]["cacheReadInputTokenCount"] = 900
    query = "SELECT uncached_input_tokens, usage_suspect FROM mart.model_calls"
    assert built(tmp_path, [record], query) == [(100, True)]


def test_a_trace_without_inference_spans_falls_back_to_its_outermost_agent(tmp_path: Path) -> None:
    usage = {"gen_ai__usage__input_tokens": 700, "gen_ai__usage__output_tokens": 70, "gen_ai__request__model": "m"}
    records = [agent_span("1", **usage), span("1", "b", "a", op="invoke_agent", **usage)]
    assert built(tmp_path, records, "SELECT uncached_input_tokens, token_source FROM mart.model_calls") == [
        (700, "agent_total")
    ]


HOSTED = Contract(
    AGENT, "Helper", hosts=("helper-role", "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/p1")
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"requestMetadata": {"agent_name": "Helper"}}, (AGENT, "metadata")),
        ({"requestMetadata": {"agent_id": AGENT}}, (AGENT, "metadata")),
        ({"requestMetadata": {"agent_name": "Stranger"}}, ("111122223333/us-east-1/Stranger", "metadata")),
        ({"model": "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/p1"}, (AGENT, "profile")),
        ({}, (AGENT, "role")),
        ({"identity": {"arn": "arn:aws:sts::111122223333:assumed-role/other/x"}}, ("unattributed", "none")),
    ],
    ids=["metadata-name", "metadata-id", "metadata-unknown", "profile", "role", "none"],
)
def test_a_call_without_a_span_is_attributed_by_the_first_rule_that_matches(
    tmp_path: Path, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    config = ConfigTables(org={"timezone": "UTC"}, contracts=(HOSTED,))
    assert built(
        tmp_path, [invocation("r1", **fields)], "SELECT agent_id, attribution FROM mart.model_calls", config
    ) == [expected]


def cost(
    home: Path, record: Any, *overrides: tuple[str, str, str, str, str], aliases: dict[str, str] | None = None
) -> tuple[Any, ...]:
    config = ConfigTables(org={"timezone": "UTC"}, prices=prices(*overrides), model_aliases=aliases or {})
    return built(home, [record], "SELECT cost_usd, price_state FROM mart.model_calls", config)[0]


M = "acme.m-v1:0"
BOTH = [(M, "regional", "input", "2026-01-01", "2"), (M, "regional", "output", "2026-01-01", "10")]


def test_cost_is_tokens_times_the_price_of_the_day(tmp_path: Path) -> None:
    assert cost(tmp_path, invocation("r1", model=f"us.{M}"), *BOTH) == (Decimal("0.003000000"), "priced")


def test_a_later_price_holds_from_its_day_on(tmp_path: Path) -> None:
    later = [(M, "regional", "input", "2026-11-03", "200"), (M, "regional", "input", "2026-11-02", "4")]
    assert cost(tmp_path, invocation("r1", model=M), *BOTH, *later) == (Decimal("0.005000000"), "priced")


@pytest.mark.parametrize(
    "model",
    [
        "acme.m-v2:0",
        "acme.m-v1",
        f"global.{M}",
        "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/p9",
    ],
    ids=["successor", "prefix", "other-scope", "opaque-profile"],
)
def test_an_unknown_model_is_unpriced_never_zero_never_a_neighbours_price(tmp_path: Path, model: str) -> None:
    assert cost(tmp_path, invocation("r1", model=model), *BOTH) == (None, "unpriced")


@pytest.mark.parametrize(
    "prefix",
    [
        "us.",
        "eu.",
        "apac.",
        "jp.",
        "au.",
        "",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.",
        "arn:aws:bedrock:us-east-1::foundation-model/",
    ],
)
def test_every_regional_prefix_and_arn_finds_the_model(tmp_path: Path, prefix: str) -> None:
    assert cost(tmp_path, invocation("r1", model=prefix + M), *BOTH)[1] == "priced"


def test_an_alias_gives_an_opaque_profile_its_model(tmp_path: Path) -> None:
    profile = "arn:aws:bedrock:us-east-1:1:application-inference-profile/p9"
    assert cost(tmp_path, invocation("r1", model=profile), *BOTH, aliases={profile: M}) == (
        Decimal("0.003000000"),
        "priced",
    )


def test_one_token_kind_without_a_price_leaves_the_call_unpriced(tmp_path: Path) -> None:
    assert cost(tmp_path, invocation("r1", model=M), BOTH[0]) == (None, "unpriced")


def test_cache_writes_of_unknown_lifetime_are_priced_at_five_minutes_and_marked(tmp_path: Path) -> None:
    record = invocation("r1", model=M, tokens=(0, 0))
    record["input"]["cacheWriteInputTokenCount"] = 1_000_000
    assert cost(tmp_path, record, *BOTH, (M, "regional", "cache_write_5m", "2026-01-01", "2.5")) == (
        Decimal("2.500000000"),
        "estimated",
    )


CACHE = [(M, "regional", "cache_read", "2026-01-01", "0.2"), (M, "regional", "cache_write_5m", "2026-01-01", "2.5")]


@pytest.mark.parametrize(
    ("read", "written", "known", "saved"),
    [
        (1_000_000, 0, [*BOTH, *CACHE], Decimal("1.800000000")),
        (1_000_000, 4_000_000, [*BOTH, *CACHE], Decimal("-0.200000000")),
        (0, 0, BOTH, Decimal("0.000000000")),
        (1_000_000, 0, BOTH, None),
        (None, 0, [*BOTH, *CACHE], None),
    ],
    ids=["reading-saves", "writing-costs-more", "nothing-cached", "no-price", "nobody-says"],
)
def test_a_cache_saves_what_its_tokens_would_cost_as_plain_input_less_what_they_cost(
    tmp_path: Path, read: int | None, written: int, known: list[tuple[str, str, str, str, str]], saved: Decimal | None
) -> None:
    record = invocation("r1", model=M, tokens=(0, 10))
    record["input"] |= {"cacheReadInputTokenCount": read, "cacheWriteInputTokenCount": written}
    config = ConfigTables(org={"timezone": "UTC"}, prices=prices(*known))
    assert built(tmp_path, [record], "SELECT cache_savings_usd FROM mart.model_calls", config) == [(saved,)]


@pytest.mark.parametrize("missing", ["input", "output"])
def test_a_count_that_nobody_took_leaves_the_cost_unknown(tmp_path: Path, missing: str) -> None:
    record = invocation("r1", model=M)
    record[missing] = {}
    assert cost(tmp_path, record, *BOTH) == (None, "unpriced")


def test_a_model_without_an_output_price_needs_no_output_count(tmp_path: Path) -> None:
    record = invocation("r1", model=M)
    record["output"] = {}
    assert cost(tmp_path, record, BOTH[0]) == (Decimal("0.002000000"), "priced")


def test_another_tier_is_another_price(tmp_path: Path) -> None:
    record = invocation("r1", model=M)
    record["input"]["inputBodyJson"] = {"serviceTier": {"type": "priority"}}
    assert cost(tmp_path, record, *BOTH) == (None, "unpriced")


def test_a_throttled_call_costs_nothing_and_a_failed_one_without_counts_is_unknown(tmp_path: Path) -> None:
    assert cost(tmp_path / "a", invocation("r1", model=M, tokens=None, errorCode="ThrottlingException"), *BOTH) == (
        Decimal(0),
        "priced",
    )
    assert cost(tmp_path / "b", invocation("r1", model=M, tokens=None, errorCode="ModelErrorException"), *BOTH) == (
        None,
        "unpriced",
    )


def test_task_cost_is_the_sum_of_its_priced_calls_and_says_when_some_are_not(tmp_path: Path) -> None:
    config = ConfigTables(org={"timezone": "UTC"}, prices=prices(*BOTH))
    records = [
        agent_span("1"),
        chat("1", "b", "a", model=M),
        chat("1", "c", "a", model="acme.unknown"),
        agent_span("2"),
        chat("2", "b", "a", model=M),
    ]
    assert built(
        tmp_path,
        records,
        "SELECT cost_usd, cost_state, priced_calls, model_calls FROM mart.tasks ORDER BY trace_id",
        config,
    ) == [(Decimal("0.003000000"), "partial", 1, 2), (Decimal("0.003000000"), "priced", 1, 1)]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "ok"),
        ({"tool_status": "error"}, "error"),
        ({"status": "ERROR"}, "error"),
        ({"error__type": "ReadTimeoutError", "tool_status": "error"}, "timeout"),
        ({"error__type": "AccessDeniedException", "tool_status": "error"}, "denied"),
        ({"error__type": "ValidationException", "status": "ERROR"}, "invalid_args"),
        ({"tool_status": "empty"}, "empty"),
    ],
)
def test_a_tool_calls_status_names_whose_fault_it_is(tmp_path: Path, fields: dict[str, Any], status: str) -> None:
    records = [agent_span("1"), tool("1", "c", "a", **fields)]
    assert built(tmp_path, records, "SELECT tool_name, status FROM mart.tool_calls") == [("lookup", status)]


def test_a_call_after_a_failed_one_of_the_same_tool_is_a_retry(tmp_path: Path) -> None:
    tries = [("b", "lookup", "error"), ("c", "lookup", "success"), ("d", "pay", "success"), ("e", "lookup", "success")]
    records = [tool("1", uid, "a", name, state, at=float(place)) for place, (uid, name, state) in enumerate(tries)]
    found = built(
        tmp_path, [agent_span("1"), *records], "SELECT tool_name, is_retry FROM mart.tool_calls ORDER BY started_at"
    )
    assert found == [("lookup", False), ("lookup", True), ("pay", False), ("lookup", False)]


def test_a_throttled_attempt_is_an_error_of_its_own(tmp_path: Path) -> None:
    records = [
        agent_span("1"),
        chat("1", "b", "a", status="ERROR", error__type="ThrottlingException"),
        chat("1", "c", "a"),
    ]
    assert built(tmp_path, records, "SELECT is_error, throttled FROM mart.model_calls ORDER BY span_id") == [
        (True, True),
        (False, False),
    ]


def test_unattributed_money_stays_visible_on_its_own_line(tmp_path: Path) -> None:
    with warehouse(tmp_path, ConfigTables(org={"timezone": "UTC"}, prices=prices(*BOTH))) as wh:
        land(wh, [invocation("r1", model=M)])
        wh.build(NOW)
        assert one(wh, "SELECT agent_id, numerator FROM mart.kpi_daily WHERE kpi = 'spend' AND slice = ''") == (
            "unattributed",
            0.003,
        )
        assert "unattributed_calls" in {c.check_name for c in wh.check()}


def test_the_version_of_a_tool_is_kept_where_its_span_states_it(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), tool("1", "b", "a", tool__version="2.1"), tool("1", "c", "a", at=1.0)])
        wh.build(NOW)
        assert rows(wh, "SELECT tool_version FROM mart.tool_calls ORDER BY started_at") == [("2.1",), (None,)]
