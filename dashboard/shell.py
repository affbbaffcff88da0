"""The frame around every page: configuration, logo, menu, DEMO ribbon. A file in dashboard/pages is a page."""

from __future__ import annotations

import ast
import atexit
import gc
import re
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard import data, filterbar, theme
from sql.errors import LedgerError

PAGES = Path(__file__).parent / "pages"


def main() -> None:
    """Draw the frame and run the page that the URL names."""
    st.set_page_config(page_title="Agent Ledger", page_icon=str(theme.ASSETS / "icon.png"), layout="wide")
    _freeze_imports()
    theme.inject_style()
    demo = _is_demo()
    st.logo(theme.logo(demo), size="large")
    page = st.navigation([_page(path) for path in page_files()], position="top")
    filterbar.restore(page.url_path)
    filterbar.remember()
    if demo:
        _ribbon()
    page.run()


def page_files() -> list[Path]:
    """The pages in menu order: the number in front of the name gives the order."""
    return sorted(PAGES.glob("[0-9]*_*.py"), key=lambda path: int(path.stem.split("_")[0]))


def page_title(path: Path) -> str:
    """The first line of the page's docstring, without its full stop."""
    said = _docstring(path.read_text(encoding="utf-8")) or path.stem
    return said.splitlines()[0].rstrip(".")


@cache
def _docstring(text: str) -> str | None:
    return ast.get_docstring(ast.parse(text))


def page_name(path: Path) -> str:
    """The name in the URL: the file's name without its number."""
    return re.sub(r"^\d+_", "", path.stem)


def _page(path: Path) -> st.Page:
    name = page_name(path)
    return st.Page(path, title=page_title(path), url_path=name, default=name == "portfolio")


def _is_demo() -> bool:
    try:
        return data.open_ledger(data.home_folder(), data.viewer_access()).org().get("kind") == "demo"
    except LedgerError:
        return False


def _ribbon() -> None:
    st.html(
        '<div class="al ribbon"><span class="mark">DEMO</span><span>Invented data of example agents. Nothing here comes'
        " from your account: give it credentials and a home of its own, then <code>make run</code>.</span></div>"
    )


@st.cache_resource(show_spinner=False)
def _freeze_imports() -> None:
    # Streamlit collects garbage after every run; what the imports made never dies and need not be searched again.
    gc.collect()
    gc.freeze()
    # Frozen objects would be reported as leaks by native libraries when the process ends.
    atexit.register(_let_go)


def _let_go() -> None:
    gc.unfreeze()
    st.cache_resource.clear()
    gc.collect()
