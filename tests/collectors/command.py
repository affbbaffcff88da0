"""The collector as a process of its own, as cron, systemd and people run it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tests.collectors.fake_aws import Body, FakeAws
from tests.collectors.support import REGION
from tests.conftest import ROOT, clean_environment

PATIENCE = 60  # seconds until a test that waits for a process gives up


class Gate:
    """Holds back the answer of a call until the test lets it go; `asked` is set as soon as it is asked."""

    def __init__(self, aws: FakeAws, operation: str) -> None:
        self.asked, self.go = Event(), Event()
        self._answer = {"FilterLogEvents": aws._events, "DescribeLogGroups": aws._groups}[operation]
        aws.answers[operation] = self.answer

    def answer(self, asked: Body) -> tuple[int, Body]:
        """The real answer, later."""
        self.asked.set()
        self.go.wait(PATIENCE)
        return self._answer(asked)


@contextmanager
def collecting(aws: FakeAws, home: Path, *arguments: str, config: str = "") -> Iterator[subprocess.Popen[str]]:
    """`python -m collectors ...` against the fake; ended at the end of the block if it still runs."""
    settings = home / "ledger.toml"
    settings.write_text(config)
    environment = clean_environment(home) | {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
        "LEDGER_CONFIG": str(settings),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "collectors", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
