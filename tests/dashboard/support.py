"""What the tests of the dashboard share: reading a page, and values made by hand."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from streamlit.testing.v1 import AppTest

from metrics.model import Value

PAGES = (
    *("1_portfolio", "2_agent", "3_tasks", "4_insights", "5_compare", "6_readiness", "8_data_health"),
    "9_kpis",
)
FROM, TO = date(2026, 10, 26), date(2026, 11, 23)


def html_of(app: AppTest) -> str:
    """Return everything that a page put into st.html, in order."""
    return "\n".join(element.proto.body for element in app.get("html"))


def value(**changes: Any) -> Value:
    """Return a measured success rate, changed as asked."""
    facts: dict[str, Any] = {
        "kpi": "success_rate",
        "agent_id": None,
        "agent_version": None,
        "slice": "",
        "start": FROM,
        "end": TO,
        "value": 0.866,
        "low": 0.862,
        "high": 0.870,
        "n": 35901,
        "coverage": 0.91,
        "state": "ok",
        "numerator": 31084.0,
        "denominator": 35901.0,
        "unit": "ratio",
        "definition_version": "1",
    }
    return Value(**(facts | changes))


def republish(home: Path, *statements: str) -> Path:
    """Publish the newest file of a home once more, changed by SQL, the way a collector does; give its path."""
    newest = sorted((home / "published").glob("kpis-*.duckdb"))[-1]
    copy = newest.with_name(f"{newest.stem}a.new")
    shutil.copyfile(newest, copy)
    with duckdb.connect(str(copy)) as con:
        for statement in statements:
            con.execute(statement)
    target = copy.with_suffix(".duckdb")
    copy.replace(target)
    return target
