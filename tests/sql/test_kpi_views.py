"""The views of the published file: one a KPI, named with its version, right wherever the file is opened."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from sql import kpi_views
from sql.models import folder
from tests.sql.support import MODEL, NOW, agent_span, chat, invocation, land, outcome, tool, warehouse


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file with a little of everything, under another name than it was made with."""
    home = tmp_path_factory.mktemp("home")
    with warehouse(home) as wh:
        land(wh, [
            agent_span("1"), chat("1", "b", "a", model=MODEL, aws__request__id="r1"), tool("1", "c", "a"),
            agent_span("2", at=100.0), outcome("e1", trace="1", confidence=0.8),
            outcome("e2", trace="2", result="failure"),
            invocation("r1"),
        ])  # fmt: skip
        wh.build(NOW)
        wh.check()
        made = wh.publish(NOW)
    assert made is not None
    return Path(shutil.copyfile(made, home / "other name.duckdb"))


def test_every_kpi_has_a_view_of_its_version_that_can_be_read(published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as con:
        views = {row[0] for row in con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
        assert views == {kpi_views.name(model) for model in folder("kpis").values()} | set(folder("by_task"))
        assert "kpi_success_rate_v2" in views
        for view in views:
            con.execute(f"SELECT agent_id, day FROM {view}").fetchall()


def test_a_view_gives_the_parts_and_the_value_of_each_day(published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as con:
        rows = con.execute("SELECT numerator, denominator, value FROM kpi_success_rate_v2").fetchall()
        assert rows == [(1.0, 2.0, 0.5)]
        assert con.execute("SELECT sum(value) FROM kpi_task_volume_v1").fetchone() == (2.0,)


def test_a_slice_is_measured_against_the_whole_where_the_definition_says_so(published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as con:
        shares = con.execute(
            "SELECT agent_id, sum(value) FROM kpi_token_mix_v1 WHERE slice <> '' GROUP BY agent_id ORDER BY 1"
        ).fetchall()
        assert [share for _, share in shares] == pytest.approx([1.0] * len(shares))
        assert shares
