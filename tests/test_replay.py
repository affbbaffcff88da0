"""Over 1,400 real agent runs, put into a CloudWatch endpoint and collected from it: every figure is as expected."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from metrics.comparison.compare import compare_sides, version_side
from metrics.model import Access, Query
from metrics.run import run
from sql.published import Published, open_published
from tests.replaying import END, collect, replayed

TABLES = (
    "tasks",
    "model_calls",
    "tool_calls",
    "spans",
    "labels",
    "escalations",
    "guardrail_checks",
    "agents",
    "agent_versions",
    "kpi_daily",
    "latency_buckets",
    "kpi_groups",
)
FIGURES = (
    "tasks",
    "success",
    "escalated",
    "model_calls",
    "tool_calls",
    "tool_errors",
    "uncached_input_tokens",
    "cache_read_tokens",
    "output_tokens",
    "timed",
    "duration_p50_ms",
    "duration_p95_ms",
)


@pytest.fixture(scope="module")
def endpoint(shared: Path) -> Iterator[str]:
    with replayed(shared) as url:
        yield url


@pytest.fixture(scope="module")
def home(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with everything collected in one pass."""
    folder = tmp_path_factory.mktemp("replay")
    collect(endpoint, folder)
    return folder


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "data" / "expected" / "replay.json").read_text())
    return found


def snapshot(home: Path) -> dict[str, list[str]]:
    published = open_published(home)
    try:
        return {table: sorted(rounded(row) for row in published.rows(f"FROM {table}")) for table in TABLES}
    finally:
        published.close()


def rounded(row: dict[str, Any]) -> str:
    """Sums of floats may differ in the last digit with the order of the rows."""
    return str({k: float(f"{v:.9g}") if isinstance(v, float) else v for k, v in row.items()})


def test_the_tables_give_every_expected_figure(home: Path, expected: dict[str, Any]) -> None:
    rows = open_published(home).rows(
        """SELECT agent_name, agent_version, count(*) AS tasks, count(*) FILTER (status = 'success') AS success,
               CASE WHEN count(escalated) > 0 THEN count(*) FILTER (escalated) END AS escalated,
               sum(model_calls)::BIGINT AS model_calls, sum(tool_calls)::BIGINT AS tool_calls,
               sum(tool_errors)::BIGINT AS tool_errors,
               sum(uncached_input_tokens)::BIGINT AS uncached_input_tokens,
               sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
               sum(output_tokens)::BIGINT AS output_tokens, count(duration_ms) AS timed,
               round(quantile_disc(duration_ms, 0.5))::BIGINT AS duration_p50_ms,
               round(quantile_disc(duration_ms, 0.95))::BIGINT AS duration_p95_ms
           FROM tasks GROUP BY ALL"""
    )
    got = {(r["agent_name"], r["agent_version"]): {k: r[k] for k in FIGURES} for r in rows}
    want = {(e["agent"], e["version"]): {k: e[k] for k in FIGURES} for e in expected["per_agent_version"]}
    assert len(want) == 26
    assert got == want


def values(published: Published, kpi: str, **more: Any) -> dict[tuple[str, str | None, str | None], Any]:
    """A KPI over the whole replay by agent name, version and slice."""
    names = {r["agent_id"]: r["agent_name"] for r in published.rows("SELECT agent_id, agent_name FROM agents")}
    query = Query(
        (END - timedelta(days=12)).date(), (END + timedelta(days=2)).date(), group=("agent", "version"), **more
    )
    found = run(published, kpi, query, Access.everything())
    return {(names[v.agent_id], v.agent_version, v.slice or None): v for v in found if v.agent_id}


@pytest.mark.parametrize(
    ("kpi", "slice_", "part", "figure"),
    [
        ("task_volume", None, "numerator", "tasks"),
        ("success_rate", None, "numerator", "success"),
        ("error_rate", None, "denominator", "model_calls"),
        ("tool_reliability", None, "denominator", "tool_calls"),
        ("escalation_rate", None, "numerator", "escalated"),
        ("token_mix", "uncached_input", "numerator", "uncached_input_tokens"),
        ("token_mix", "cache_read", "numerator", "cache_read_tokens"),
        ("token_mix", "output", "numerator", "output_tokens"),
        ("task_latency", "p50", "n", "timed"),
    ],
)
def test_the_kpis_give_the_same_figures(
    home: Path, expected: dict[str, Any], kpi: str, slice_: str | None, part: str, figure: str
) -> None:
    found = values(open_published(home), kpi)
    checked = 0
    for entry in expected["per_agent_version"]:
        value = found.get((entry["agent"], entry["version"], slice_))
        got = getattr(value, part) if value is not None else None
        if entry[figure] is None:
            assert not got or value is None or value.state in ("unknown", "not_applicable"), entry
        else:
            assert (got or 0) == entry[figure], entry
            checked += 1
    assert checked >= 2


def test_tool_errors_are_what_reliability_lacks(home: Path, expected: dict[str, Any]) -> None:
    found = values(open_published(home), "tool_reliability")
    for entry in (e for e in expected["per_agent_version"] if e["tool_calls"]):
        value = found[entry["agent"], entry["version"], None]
        assert value.denominator - value.numerator == entry["tool_errors"], entry


def test_the_median_time_is_within_the_buckets_one_percent(home: Path, expected: dict[str, Any]) -> None:
    found = values(open_published(home), "task_latency")
    timed = [e for e in expected["per_agent_version"] if e["timed"] % 2 == 1]
    assert len(timed) >= 6
    for entry in timed:
        value = found[entry["agent"], entry["version"], "p50"].value
        assert value == pytest.approx(entry["duration_p50_ms"], rel=0.0101), entry


def test_pass_k_of_tau_bench_airline_is_the_published_one(home: Path, expected: dict[str, Any]) -> None:
    found = values(open_published(home), "pass_k")
    got = {
        k: found["tau-bench-airline", "tool-calling/gpt-4o", f"k={k}"].value
        for k in expected["pass_k_tau_bench_airline"]
    }
    assert got == pytest.approx(expected["pass_k_tau_bench_airline"])


def test_a_second_run_over_the_same_window_changes_nothing(endpoint: str, home: Path) -> None:
    before = snapshot(home)
    told = json.loads(collect(endpoint, home, "--since", (END - timedelta(days=11)).isoformat(), "--json"))
    assert snapshot(home) == before
    assert sum(r["rows_new"] for r in told["runs"]) == 0
    assert sum(r["rows_read"] for r in told["runs"]) > 40_000


def test_the_older_half_first_and_the_rest_later_gives_the_same_tables(
    endpoint: str, home: Path, tmp_path: Path
) -> None:
    collect(endpoint, tmp_path, "--until", (END - timedelta(days=5)).isoformat())
    half = open_published(tmp_path).rows("SELECT count(*) AS n FROM tasks")[0]["n"]
    collect(endpoint, tmp_path)
    assert 500 < half < 900
    assert {t: len(r) for t, r in snapshot(tmp_path).items()} == {t: len(r) for t, r in snapshot(home).items()}
    assert snapshot(tmp_path) == snapshot(home)


def test_every_answer_says_which_home_it_came_from(home: Path) -> None:
    facts = {r["key"]: r["value"] for r in open_published(home).rows("FROM org")}
    assert facts["kind"] == "account"
    assert os.path.exists(home / "kpis.duckdb")


def airline(home: Path, model: str) -> Any:
    """A model of the replayed tau2 airline runs against the one with the best published result."""
    published = open_published(home)
    (agent,) = (r["agent_id"] for r in published.rows("FROM agents") if r["agent_name"] == "tau2-bench-airline")
    start, end = (END - timedelta(days=12)).date(), (END + timedelta(days=2)).date()
    sides = (version_side(published, agent, version, start, end) for version in (model, "llm_agent/claude-sonnet-4-5"))
    found = compare_sides(published, Access.everything(), *sides, "versions")
    published.close()
    return found


def test_published_models_get_the_verdicts_that_their_counts_allow(home: Path, expected: dict[str, Any]) -> None:
    counts = {
        e["version"]: (e["tasks"], e["success"]) for e in expected["per_agent_version"] if "airline" in e["agent"]
    }
    weak, close = "llm_agent/ollama_chat/qwen2.5:7b", "llm_agent/gpt-5.4"
    clear, unclear = airline(home, weak), airline(home, close)
    for found, model in ((clear, weak), (unclear, close)):
        assert (found.a.n, found.a.k) == counts[model]
        assert (found.b.n, found.b.k) == counts["llm_agent/claude-sonnet-4-5"]
    assert clear.verdict == "improved_size_unclear"
    assert clear.evidence.e_value >= 20
    assert unclear.verdict == "undetermined"
    assert unclear.needed_per_side > 39
