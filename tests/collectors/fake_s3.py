"""A small S3 over real HTTP, for what moto cannot do: bodies that break off, refusals, buckets elsewhere, empty pages.

Beside objects it answers who the caller is and where model invocation logs go, in the protocols of those services.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import pytest

from tests.collectors.fake_aws import ACCOUNT_ID, IDENTITY
from tests.collectors.support import NOW, REGION

BUCKET = "model-logs"


@dataclass
class S3Fault:
    """What happens to `times` answers about keys (or prefixes) that end in `ends`.

    A `code` is an error answer; else the body stops after `at` bytes: the connection closes, or `resets`.
    """

    ends: str = ""
    code: str = ""
    status: int = 403
    text: str = "refused"
    at: int = 0
    resets: bool = False
    listing: bool = False
    times: int = 1_000_000

    def fits(self, listing: bool, key: str) -> bool:
        """Whether this answer is to fail; counts down."""
        if listing is not self.listing or not key.endswith(self.ends) or self.times == 0:
            return False
        self.times -= 1
        return True


@dataclass
class FakeS3:
    """One bucket. `logging` is what GetModelInvocationLoggingConfiguration answers; `seen` holds requests in order."""

    page: int = 2
    logging: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    faults: list[S3Fault] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def put(self, key: str, body: bytes, at: datetime = NOW) -> None:
        """Write one object."""
        self.objects[key] = (body, at)

    def put_records(self, key: str, records: list[Any], at: datetime = NOW) -> None:
        """Write one gzip object of a record a line."""
        self.put(key, gzip.compress("".join(json.dumps(each) + "\n" for each in records).encode(), mtime=0), at)

    def asked(self, operation: str) -> list[str]:
        """The keys or prefixes of every request of one kind: list, get, logging, identity."""
        return [what for kind, what in self.seen if kind == operation]

    def listing(self, query: dict[str, str]) -> str:
        """One short page; after each comes an empty one that says there is more."""
        prefix, token = query.get("prefix", ""), query.get("continuation-token", "0")
        start, empty = int(token.rstrip("e")), token.endswith("e")
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        some = [] if empty else keys[start : start + self.page]
        next_token = str(start) if empty else f"{start + self.page}e"
        more = empty or start + self.page < len(keys)
        entries = "".join(self._entry(key) for key in some)
        rest = f"<NextContinuationToken>{next_token}</NextContinuationToken>" if more else ""
        return (
            f"<ListBucketResult><Name>{BUCKET}</Name><KeyCount>{len(some)}</KeyCount>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{entries}{rest}</ListBucketResult>"
        )

    def _entry(self, key: str) -> str:
        body, at = self.objects[key]
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>{at.isoformat()}.000Z</LastModified>"
            f"<ETag>&quot;{etag(body)}&quot;</ETag><Size>{len(body)}</Size></Contents>"
        )


def etag(body: bytes) -> str:
    """The etag of an object."""
    return sha256(body).hexdigest()[:32]


@contextmanager
def serving_s3(monkeypatch: pytest.MonkeyPatch, **contents: Any) -> Iterator[FakeS3]:
    """Serve a bucket on a free port; every AWS client of the test talks to it, once a call."""
    s3 = FakeS3(**contents)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"s3": s3}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    s3.url = f"http://127.0.0.1:{server.server_address[1]}"
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in {"AWS_ENDPOINT_URL": s3.url, "AWS_REGION": REGION, **keys}.items():
        monkeypatch.setenv(name, value)
    try:
        yield s3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    s3: FakeS3

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.s3.seen.append(("identity", ""))
        self._send(200, (IDENTITY % (ACCOUNT_ID, ACCOUNT_ID)).encode(), {"Content-Type": "text/xml"})

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        bucket, _, key = unquote(path.lstrip("/")).partition("/")
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if path == "/logging/modelinvocations":
            self.s3.seen.append(("logging", ""))
            self._send(200, json.dumps(self.s3.logging).encode(), {"Content-Type": "application/json"})
        elif bucket != BUCKET:
            self._refuse(404, "NoSuchBucket", "The specified bucket does not exist")
        elif key:
            self._object(key)
        else:
            self._listing(asked)

    def _listing(self, asked: dict[str, str]) -> None:
        prefix = asked.get("prefix", "")
        self.s3.seen.append(("list", prefix))
        fault = next((each for each in self.s3.faults if each.fits(True, prefix)), None)
        if fault is not None and fault.code:
            self._refuse(fault.status, fault.code, fault.text)
        else:
            body = self.s3.listing(asked).encode()
            self._send(200, body if fault is None else body[: fault.at], {"Content-Type": "application/xml"})

    def _object(self, key: str) -> None:
        self.s3.seen.append(("get", key))
        fault = next((each for each in self.s3.faults if each.fits(False, key)), None)
        if fault is not None and fault.code:
            self._refuse(fault.status, fault.code, fault.text)
        elif key not in self.s3.objects:
            self._refuse(404, "NoSuchKey", "The specified key does not exist.")
        elif self.headers.get("If-Match", "").strip('"') != etag(self.s3.objects[key][0]):
            self._refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        else:
            self._body(self.s3.objects[key][0], fault)

    def _body(self, whole: bytes, fault: S3Fault | None) -> None:
        begin = int(self.headers.get("Range", "bytes=0-")[6:-1])
        rest = whole[begin:]
        headers = {"Content-Length": str(len(rest)), "ETag": f'"{etag(whole)}"'}
        sent = rest if fault is None else rest[: fault.at]
        self._send(206 if begin else 200, sent, headers)
        if fault is not None and fault.resets:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _refuse(self, status: int, code: str, text: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
        self._send(status, body.encode(), {"Content-Type": "application/xml"})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
