"""A proxy that speaks AWS's protocols stands between the collectors and the account and makes its answers fail."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

PATIENCE = 60  # seconds until a proxy that does not answer is a failure
Rule = dict[str, Any]


@dataclass(frozen=True)
class Proxy:
    """The address that collectors are given in place of the account's, and what the proxy does."""

    url: str

    def fail(self, *rules: Rule) -> None:
        """Let calls fail by these rules and no others; none: let everything pass."""
        self._ask("POST" if rules else "DELETE", "rules", list(rules))
        self._ask("DELETE", "fired", None)

    def fired(self) -> list[str]:
        """What failed since then, such as `error:ThrottlingException`, in order."""
        return [each["action"] for each in self._ask("GET", "fired", None)]

    def _ask(self, method: str, what: str, body: object) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}/_microburst/{what}", data, headers, method=method)) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Such a proxy in a process of its own, before the account at `upstream`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "microburst", "--upstream", upstream, "--port", str(port), "--no-resign"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            made = Proxy(f"http://127.0.0.1:{port}")
            _wait_for(made)
            yield made
        finally:
            process.terminate()


def _wait_for(made: Proxy) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            made._ask("GET", "health", None)
            return
        except URLError:
            assert time.monotonic() < deadline, "the proxy does not answer"
