"""A moto server that every AWS client of a test talks to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from tests.collectors.support import REGION


@contextmanager
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve an empty account; gives the endpoint."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": REGION}
    for name, value in {**keys, "AWS_ENDPOINT_URL": url}.items():
        monkeypatch.setenv(name, value)
    try:
        yield url
    finally:
        urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()
        server.stop()
