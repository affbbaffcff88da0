"""Helpers: start the app on a free port, wait until it is idle, stop it; Chromium without network."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page

from tests.conftest import ROOT, clean_environment

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
PATIENCE_MS = 60_000
IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale="true"]') && !document.querySelector('[data-testid="stSkeleton"]');
}"""


@contextmanager
def serving(home: Path, log: Path) -> Iterator[str]:
    """Serve the app over a home and give its address; the server's whole process group ends afterwards."""
    with started(home, log) as (_, address):
        yield address


@contextmanager
def started(home: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a server of the app and give its process too."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    with log.open("w") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(home), stdout=out, stderr=out, start_new_session=True
        )
        try:
            wait_until_healthy(server, port, log)
            yield server, f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(15)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_until_healthy(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the server answers; fail with its log if it ends or stays silent."""
    for _ in range(600):
        if server.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
            if answer.read() == b"ok":
                return
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.1)
    raise AssertionError(f"the server did not become healthy:\n{log.read_text()[-2000:]}")


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the page is drawn."""
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait until no script runs, nothing is stale, and one heading is there."""
    page.wait_for_function(IDLE, timeout=PATIENCE_MS)
    page.locator("h1").first.wait_for(timeout=PATIENCE_MS)
    for chart in page.locator('[data-testid="stPlotlyChart"]').all():
        chart.locator(".main-svg").first.wait_for(timeout=PATIENCE_MS)


def widest(page: Page) -> tuple[int, int]:
    """Return how wide the content is and how wide the window is, in px."""
    content, window = page.evaluate(
        "() => [document.querySelector('[data-testid=stMain]').scrollWidth, document.documentElement.clientWidth]"
    )
    return content, window
