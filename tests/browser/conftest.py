"""One server per LEDGER_HOME and one browser for all browser tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.driving import CHROMIUM_FLAGS, PATIENCE_MS, serving

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Return a function that serves a LEDGER_HOME and gives its address; each home is served once."""
    started: dict[Path, str] = {}
    logs = tmp_path_factory.mktemp("servers")
    with ExitStack() as running:

        def address(home: Path) -> str:
            if home not in started:
                started[home] = running.enter_context(serving(home, logs / f"{len(started)}.log"))
            return started[home]

        yield address


@pytest.fixture(scope="session")
def demo_app(serve: Callable[[Path], str], demo_home: Path) -> str:
    """Return the address of the app over the demo account."""
    return serve(demo_home)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return Chromium, started once; CHROMIUM names another one."""
    path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_FLAGS)
        expect.set_options(timeout=PATIENCE_MS)  # a machine with other work to do is slow, not wrong
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """Return a function that opens a page of a width (px) and colour scheme in a fresh context."""
    with ExitStack() as opened:

        def page(width: int = 1440, scheme: str = "light") -> Page:
            context = chromium.new_context(
                viewport={"width": width, "height": 1000},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
                has_touch=width < 700,
            )
            context.set_default_timeout(PATIENCE_MS)
            opened.callback(context.close)
            return context.new_page()

        yield page
