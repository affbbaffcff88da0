"""Put the published agent runs of the reference folder into a CloudWatch endpoint, and collect them from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from tests.conftest import ROOT, clean_environment

END = datetime.now(UTC).replace(microsecond=0, tzinfo=None) - timedelta(hours=1)


@contextmanager
def replayed(shared: Path) -> Iterator[str]:
    """Give the address of a CloudWatch endpoint that holds the runs, laid out over the ten days before END."""
    # moto keeps one account a process, and another test of this worker may have filled it.
    reset_moto()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    replay = [sys.executable, str(shared / "replay" / "replay.py"), "--endpoint-url", url, "--end-at", END.isoformat()]
    try:
        subprocess.run(replay, check=True, capture_output=True)
        yield url
    finally:
        server.stop()
        reset_moto()


def reset_moto() -> None:
    """Empty the services that the replay fills."""
    for service in ("logs", "sts"):
        get_backend(service).reset()  # type: ignore[arg-type]


def collect(endpoint: str, home: Path, *arguments: str) -> str:
    """Run the collector as a scheduled job would, against the endpoint; give what it printed."""
    environment = clean_environment(home) | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "replay",
        "AWS_SECRET_ACCESS_KEY": "replay",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": str(ROOT),
    }
    sources = ["--source", "span_logs", "--source", "outcome_events"]
    command = [sys.executable, "-m", "collectors", "run", *sources, *arguments]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
