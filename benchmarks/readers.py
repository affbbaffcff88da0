"""From a published file to numbers and a page."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from benchmarks.figure import Figure, cost_of
from metrics.catalogue import catalogue
from metrics.run import Access, Query, run
from sql.published import open_published

APP = Path(__file__).parents[1] / "app.py"
TRIVIAL = "import streamlit as st\nst.title('Nothing')"
PATIENCE_S = 120


def measure(home: Path, now: datetime) -> Iterator[Figure]:
    """Run all KPIs over the last 28 days, then draw the first page."""
    yield every_kpi(home, now)
    with environment(LEDGER_HOME=str(home)):
        yield from first_page()


def every_kpi(home: Path, now: datetime) -> Figure:
    """Each KPI once, one value an agent."""
    published = open_published(home)
    query = Query((now - timedelta(days=28)).date(), now.date(), by="total", group=("agent",))
    names = list(catalogue())
    cost = cost_of(lambda: [run(published, name, query, Access.everything()) for name in names])
    published.close()
    return Figure("run every KPI", len(names), "KPIs", cost)


def first_page() -> Iterator[Figure]:
    """The script of the portfolio page, without a browser: cold, warm, and beside it a page that does nothing."""
    set_log_level("ERROR")
    trivial = AppTest.from_string(TRIVIAL, default_timeout=PATIENCE_S).run()
    least = cost_of(trivial.run)
    page = AppTest.from_file(str(APP), default_timeout=PATIENCE_S)
    first = cost_of(page.run)
    again = cost_of(page.run)
    st.cache_resource.clear()
    gc.unfreeze()  # the app freezes what it has imported; a process that ends here must let the closed file go
    if page.exception:
        raise RuntimeError(f"The portfolio page failed: {page.exception[0].message}")
    yield Figure("trivial page", 1, "page", least, "the baseline of the page")
    yield Figure("portfolio page, cold", 1, "page", first)
    yield Figure("portfolio page, warm", 1, "page", again, f"{again / least:.1f} × the trivial page")


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
