"""What is past its time goes, once a day; what figures rest on stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.errors import BadSetting
from collectors.settings import Choices, load_file
from sql.files import published_files
from sql.retention import Kept, Retention
from sql.warehouse import Run, Scope, Warehouse
from tests.sql.support import NOW, agent_span, land, rows, warehouse

CHOICES = Choices(sources=(), with_groups=(), kpis=())
OLD = NOW - timedelta(days=500)
SCOPE = Scope("span_logs", "1", "r", "g")


def settings(tmp_path: Path, text: str) -> Retention:
    file = tmp_path / "ledger.toml"
    file.write_text(f"[retention]\n{text}\n")
    return load_file(file, tmp_path, CHOICES).retention


def test_settings_give_days_or_forever(tmp_path: Path) -> None:
    assert settings(tmp_path, "") == Retention()
    said = settings(tmp_path, 'spans_days = 90\nreadings_days = "forever"\npublished_files = 5')
    assert said == replace(Retention(), spans_days=90, readings_days=None, published_files=5)


@pytest.mark.parametrize("text", ["spans_days = 30", 'rejects_days = "ever"', "published_files = 1", "spans = 90"])
def test_settings_refuse_too_little_and_unknown_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match=f"{text.split(' ', maxsplit=1)[0]}.*"):
        settings(tmp_path, text)


def fill(wh: Warehouse) -> None:
    """Readings, rejects and passes, old and new."""
    for at in (OLD, NOW):
        with wh.transaction():
            wh._con.execute(
                """INSERT INTO raw.metric_points
                   (account_id, region, namespace, metric, dimensions, stat, period_s, "at", value)
                   VALUES ('1', 'r', 'n', 'm', '{}', 'Sum', 60, ?, 1)""",
                [at],
            )
            wh._con.execute("INSERT INTO ops.rejects VALUES ('s', '1', 'r', '', 'why', ?, 'x', ?)", [str(at), at])
            for name in ("g", "h") if at == OLD else ("g",):
                run = Run(f"{at}{name}", replace(SCOPE, name=name), at, at, None, None, "ok")
                wh.record_run(run)


def left(wh: Warehouse) -> list[int]:
    tables = ("raw.metric_points", "ops.rejects", "ops.collector_runs")
    return [rows(wh, f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def test_what_is_past_its_time_goes_but_the_last_pass_of_a_place_stays(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        fill(wh)
        wh.build(NOW)
        assert wh.keep(Retention(), NOW) == Kept(
            days=wh._con.execute("SELECT count(*) FROM sealed.days").fetchone()[0], rows=3
        )  # type: ignore[index]
        assert left(wh) == [1, 1, 2]
        assert rows(wh, "SELECT scope FROM ops.collector_runs WHERE started_at < '2026-01-01'") == [("h",)]
        wh.build(NOW)
        assert len(rows(wh, "FROM mart.metric_points")) == 1


def test_forever_keeps_everything(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        fill(wh)
        wh.build(NOW)
        assert wh.keep(Retention(None, None, None, None), NOW) == Kept()
        assert left(wh) == [2, 2, 3]


def test_so_many_published_files_stay_as_are_asked_for(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1")])
        wh.build(NOW)
        wh.check()
        wh.keep(Retention(published_files=3), NOW)
        for _ in range(5):
            wh.publish(NOW)
    assert len(published_files(tmp_path)) == 3
