"""The registry: a KPI file that breaks the contract says which key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.catalogue import FOLDER, CatalogueError, UnknownKpi, catalogue, kpi_named, read_kpi

SPINE = {
    "task_volume", "completion_rate", "success_rate", "accuracy", "label_coverage", "cost_per_task",
    "cost_per_success", "spend", "token_mix", "cache_hit_rate", "task_latency", "model_latency", "tool_latency",
    "time_to_first_token", "error_rate", "throttle_rate", "tool_reliability", "escalation_rate",
    "guardrail_intervention_rate", "pass_k",
}  # fmt: skip
GOOD = (FOLDER / "success_rate.sql").read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    """A KPI file with this text."""
    path = folder / "mine.sql"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_catalogue_holds_the_kpis_of_the_spine() -> None:
    assert set(catalogue()) >= SPINE


def test_a_kpi_is_read_from_its_head_and_its_select() -> None:
    kpi = kpi_named("success_rate")
    assert (kpi.unit, kpi.better, kpi.kind, kpi.minimum_n, kpi.slices) == ("ratio", "higher", "ratio", 30, None)
    assert kpi.needs == ("tasks",)
    assert "SELECT" in kpi.sql
    assert "-- label" not in kpi.sql


@pytest.mark.parametrize(
    ("line", "replacement", "said"),
    [
        ("-- unit: ratio", "-- unit: percent", "unit is 'percent'; choose one of ratio, count, usd, ms, tokens"),
        ("-- better: higher\n", "", "the head lacks better"),
        ("-- label: Success", "-- label: Success\n-- colour: blue", "unknown head key 'colour'"),
        ("-- minimum_n: 30", "-- minimum_n: some", "minimum_n is 'some'; give a number"),
        ("-- pillar: 1", "-- pillar: 5", "pillar is '5'; choose one of 1, 2, 3, 4"),
    ],
)
def test_a_wrong_head_names_the_file_the_key_and_what_is_allowed(
    tmp_path: Path, line: str, replacement: str, said: str
) -> None:
    assert line in GOOD
    with pytest.raises(CatalogueError, match=f"mine.sql: {said}"):
        read_kpi(written(tmp_path, GOOD.replace(line, replacement)))


def test_a_file_without_a_select_is_an_error(tmp_path: Path) -> None:
    head = "\n".join(line for line in GOOD.splitlines() if line.startswith("-- ") and ": " in line)
    with pytest.raises(CatalogueError, match="the SELECT is missing"):
        read_kpi(written(tmp_path, head))


def test_an_unknown_kpi_lists_those_there_are() -> None:
    with pytest.raises(UnknownKpi, match=r"no KPI 'succes'.*success_rate"):
        kpi_named("succes")


@pytest.mark.parametrize(("kpi", "slice_"), [("loop_velocity", "p50"), ("task_latency", "p95"), ("success_rate", "")])
def test_one_slice_stands_for_a_kpi_where_one_number_does(kpi: str, slice_: str) -> None:
    assert kpi_named(kpi).headline == slice_
