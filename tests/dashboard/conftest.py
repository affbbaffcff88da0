"""The app driven without a browser: one fixture opens any page over any LEDGER_HOME."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.data import Ledger, open_ledger
from metrics.model import Access

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    """Let no test see what another one cached."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a function that opens a page (a file name in dashboard/pages) over a home, with URL parameters."""

    def opened(page: str, home: Path, **params: str | list[str]) -> AppTest:
        monkeypatch.setenv("LEDGER_HOME", str(home))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.switch_page(f"dashboard/pages/{page}.py")
        for name, value in params.items():
            app.query_params[name.rstrip("_")] = value
        return app.run()

    return opened


@pytest.fixture
def demo_ledger(demo_home: Path) -> Ledger:
    """Return the demo account as somebody who may see everything."""
    return open_ledger(demo_home, Access.everything())
