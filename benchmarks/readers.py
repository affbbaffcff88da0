"""From a published file to numbers and a page."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from benchmarks.figure import Figure, best_of, cost_of
from metrics.catalogue import catalogue
from metrics.run import Access, Query, run
from sql import beside
from sql.published import newest_version, open_published

APP = Path(__file__).parents[1] / "app.py"
TRIVIAL = "import streamlit as st\nst.title('Nothing')"
PATIENCE_S = 120
WORKED_OUT_S = 900
KEPT_BESIDE: tuple[beside.What, ...] = ("insights", "readiness")
RERUNS = 7


def measure(home: Path, now: datetime) -> Iterator[Figure]:
    """Run all KPIs over the last 28 days, then draw the first page."""
    yield every_kpi(home, now)
    yield from first_page(home)


def every_kpi(home: Path, now: datetime) -> Figure:
    """Each KPI once, one value an agent."""
    published = open_published(home)
    query = Query((now - timedelta(days=28)).date(), now.date(), by="total", group=("agent",))
    names = list(catalogue())
    cost = cost_of(lambda: [run(published, name, query, Access.everything()) for name in names])
    published.close()
    return Figure("run every KPI", len(names), "KPIs", cost)


def first_page(home: Path) -> Iterator[Figure]:
    """The script of the portfolio page, without a browser: cold, warm, and beside it a page that does nothing.

    Warm is a page of a file whose insights and evidence of readiness are there; a cold one begins to work them out.
    """
    set_log_level("ERROR")
    trivial = AppTest.from_string(TRIVIAL, default_timeout=PATIENCE_S).run()
    least = best_of(RERUNS, trivial.run)
    page = AppTest.from_file(str(APP), default_timeout=PATIENCE_S)
    with environment(LEDGER_HOME=str(home)):
        first = cost_of(page.run)
        await_what_is_kept(home)
        page.run()  # takes up what was worked out
        again = best_of(RERUNS, page.run)
    st.cache_resource.clear()
    gc.unfreeze()  # the app freezes what it has imported; a process that ends here must let the closed file go
    if page.exception:
        raise RuntimeError(f"The portfolio page failed: {page.exception[0].message}")
    told = f"of {tasks(home):,} tasks"
    yield Figure("trivial page", 1, "page", least, "the baseline of the page")
    yield Figure("portfolio page, cold", 1, "page", first, told)
    yield Figure("portfolio page, warm", 1, "page", again, f"{told}, {again / least:.1f} × the trivial page")


def await_what_is_kept(home: Path) -> None:
    """Wait until the app has kept the insights and the evidence of the newest published file. Raises TimeoutError."""
    version, until = newest_version(home), time.monotonic() + WORKED_OUT_S
    for what in KEPT_BESIDE:
        while (beside.newest(home, what) or ("",))[0] != version:
            if time.monotonic() > until:
                raise TimeoutError(f"The app has not kept the {what} of {version} within {WORKED_OUT_S} s.")
            time.sleep(0.1)


def tasks(home: Path) -> int:
    """How many tasks the published file holds."""
    with closing(open_published(home)) as published:
        return int(published.rows("SELECT count(*) AS tasks FROM tasks")[0]["tasks"])


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
