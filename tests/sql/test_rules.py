"""The owner's rules: what they decide, what they may not do, and that any order of arrival gives the same decisions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.config import ConfigTables, OwnFile
from sql.warehouse import Warehouse
from tests.sql.support import NOW, START, agent_span, land, one, outcome, rows, warehouse
from tests.sql.test_incremental import CONFIG, snapshot, world

SETTLED = """-- label: Invoice settled
-- definition: An invoice is done only when it was booked and nobody corrected it within 7 days.
-- agents: all
-- decides: status, reason
-- needs: tasks
-- waits_days: 7
SELECT task_id,
    CASE WHEN verdict <> 'success' OR corrected_at <= ended_at + INTERVAL 7 DAY THEN 'failed'
         ELSE 'success' END AS status,
    CASE WHEN corrected_at <= ended_at + INTERVAL 7 DAY THEN 'corrected' END AS reason
FROM tasks WHERE verdict IS NOT NULL
"""
REDONE = """-- label: Done once
-- definition: A case that is taken up again was not done the first time.
-- agents: all
-- decides: status, reason, value_usd, segment, deadline_minutes
-- needs: tasks, labels
-- sees: key
SELECT t.task_id,
    CASE WHEN again.task_id IS NOT NULL THEN 'failed' ELSE 'success' END AS status, again.task_id AS reason,
    (SELECT count(*) FROM labels l WHERE l.task_id = t.task_id) AS value_usd,
    MAP {'again': (again.task_id IS NOT NULL)::VARCHAR} AS segment, 5 AS deadline_minutes
FROM tasks t LEFT JOIN LATERAL (
    SELECT max(o.task_id) AS task_id FROM tasks o WHERE o.business_key = t.business_key AND o.started_at > t.started_at
) again ON true
WHERE t.business_key IS NOT NULL
"""
TASKS = "SELECT trace_id[32:]::INTEGER, status, status_source, reason, mature, waits_until FROM mart.tasks ORDER BY 1"
REFUSED = "SELECT name, reason FROM ops.refused_files ORDER BY name"


def config(**rules: str) -> ConfigTables:
    """Settings with these rules."""
    return replace(CONFIG, own_files=tuple(OwnFile("rule", name, text) for name, text in rules.items()))


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    """Three judged tasks, of which the second is corrected after a day and the third after nine."""
    with warehouse(tmp_path) as made:
        land(made, [
            *(agent_span(str(n)) for n in (1, 2, 3, 4)), *(outcome(f"e{n}", trace=str(n)) for n in (1, 2, 3)),
            outcome("c2", trace="2", at=86_400.0, result=None, task__corrected=True),
            outcome("c3", trace="3", at=9 * 86_400.0, result=None, task__corrected=True),
        ])  # fmt: skip
        yield made


def test_a_rule_decides_and_status_source_names_it(wh: Warehouse) -> None:
    wh.configure(config(settled=SETTLED))
    wh.build(NOW)
    assert [row[:5] for row in rows(wh, TASKS)] == [
        (1, "success", "rule:settled", None, True),
        (2, "failed", "rule:settled", "corrected", True),
        (3, "success", "rule:settled", None, True),
        (4, None, None, None, True),
    ]
    parts = "SELECT sum(numerator), sum(denominator) FROM mart.kpi_daily WHERE kpi = 'success_rate' AND slice = ''"
    assert one(wh, parts) == (2.0, 3.0)


def test_a_rule_that_waits_says_nothing_before_and_decides_without_new_rows(wh: Warehouse) -> None:
    wh.configure(config(settled=SETTLED))
    early = START + timedelta(days=3)
    wh.build(early)
    ended = START + timedelta(seconds=1)
    assert rows(wh, TASKS)[0] == (1, None, "rule:settled", None, False, ended + timedelta(days=7))
    wh.build(early + timedelta(days=1))
    assert rows(wh, TASKS)[0][1] is None
    report = wh.build(NOW)
    assert (report.full, report.traces) == (False, 3)
    assert rows(wh, TASKS)[0] == (1, "success", "rule:settled", None, True, None)


def test_without_its_file_the_tasks_end_as_recorded(wh: Warehouse) -> None:
    wh.configure(config(settled=SETTLED))
    wh.build(NOW)
    wh.configure(config())
    wh.build(NOW)
    assert {row[2] for row in rows(wh, TASKS)} == {"verdict", None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SETTLED.replace("-- needs: tasks\n", ""), "the head lacks needs"),
        (SETTLED.replace("status, reason", "status, mood"), "decides names 'mood'"),
        (SETTLED.replace("status, reason", "reason"), "a reason for no status"),
        (SETTLED.replace("7\nSELECT", "700\nSELECT"), "waits_days is '700'"),
        (SETTLED.replace("FROM tasks", "FROM read_text('/etc/hosts'), tasks"), "read_text() is not allowed"),
        (SETTLED.replace("FROM tasks", "FROM raw.outcomes"), "reads 'raw.outcomes'"),
        (SETTLED.replace("verdict IS NOT NULL", "started_at < now()"), "now() is not allowed"),
        (SETTLED.replace("THEN 'failed'", "THEN 'bad'"), "status is another word"),
        (SETTLED.replace("AS status", "AS state"), "Give task_id, status, reason"),
        (SETTLED.replace("FROM tasks", "FROM tasks, range(2)"), "a task is decided twice"),
        (SETTLED.replace("verdict <> 'success'", "status = 'failed'"), 'Column "status" referenced'),
        (SETTLED.replace("verdict <> 'success'", "agent_id::INTEGER > 0"), "Could not convert string"),
        (
            SETTLED.replace("verdict <> 'success'", "count(*) OVER () > 2"),
            "decided otherwise when other tasks are missing",
        ),
    ],
)
def test_what_breaks_the_contract_is_refused_with_its_reason_and_stops_nothing(
    wh: Warehouse, text: str, said: str
) -> None:
    wh.configure(config(bad=text))
    wh.build(NOW)
    assert [(name, said in reason) for name, reason in rows(wh, REFUSED)] == [("bad", True)], rows(wh, REFUSED)
    assert {row[2] for row in rows(wh, TASKS)} == {"verdict", None}


def test_two_rules_that_decide_the_same_do_not_both_stand(wh: Warehouse) -> None:
    wh.configure(config(first=SETTLED, second=SETTLED))
    wh.build(NOW)
    assert "the rule first decides the same of the same tasks" in one(wh, REFUSED)[1]
    others = SETTLED.replace("agents: all", "agents: somebody")
    wh.configure(config(first=SETTLED.replace("agents: all", "agents: helper-0123456789"), second=others))
    wh.build(NOW)
    assert rows(wh, REFUSED) == []


def built(home: Path, records: list[dict[str, Any]], cut: random.Random | None, now: datetime) -> dict[str, list[str]]:
    """Every table after one build, or after builds of shuffled pieces at earlier times."""
    with warehouse(home, config(redone=REDONE)) as wh:
        pieces = [records]
        if cut is not None:
            shuffled = [*records, *cut.choices(records, k=8)]
            cut.shuffle(shuffled)
            pieces = [shuffled[start : start + 12] for start in range(0, len(shuffled), 12)]
        for place, piece in enumerate(pieces):
            land(wh, piece, start=place * 100)
            wh.build(now - timedelta(days=len(pieces) - 1 - place))
        assert rows(wh, REFUSED) == []
        assert one(wh, "SELECT count(*) > 0 FROM mart.tasks WHERE status_source = 'rule:redone'") == (True,)
        return snapshot(wh)


@pytest.mark.parametrize("seed", [3, 17, 58])
def test_a_rule_over_keys_decides_the_same_in_any_order_of_arrival(tmp_path: Path, seed: int) -> None:
    records = world(seed)
    expected = built(tmp_path / "once", records, None, NOW)
    got = built(tmp_path / "pieces", records, random.Random(seed), NOW)
    assert {table: got[table] for table in got if got[table] != expected[table]} == {}
