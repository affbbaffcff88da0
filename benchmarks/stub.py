"""`python -m benchmarks.stub FOLDER`: answers calls with the files of FOLDER, in a process of its own.

An operation that has a file of its name gets that, of a listing what was asked for; else the first call of a series
gets `0`, and a `nextToken` asks for the file of that name. A call whose request does not name its operation gets
`unnamed`. There is nothing else. The port is the first line printed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Listings that are asked for in part: the list, what of an item is looked at, and the parameter that it begins with.
LISTINGS = {
    "DescribeLogGroups": ("logGroups", "logGroupName", "logGroupNamePrefix"),
    "ListMetrics": ("Metrics", "Namespace", "Namespace"),
}
UNKNOWN = b'{"__type": "UnknownOperationException", "message": "there is nothing of the kind here"}'


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """An address on this machine that answers from the files of the folder; what it takes is not counted here."""
    command = [sys.executable, "-m", "benchmarks.stub", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def in_part(operation: str, parameters: dict[str, str], body: bytes) -> bytes:
    """What of a listing was asked for."""
    key, part, begins = LISTINGS[operation]
    listed = [each for each in json.loads(body)[key] if each[part].startswith(parameters.get(begins, ""))]
    return json.dumps({key: listed}).encode()


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    bodies = {path.name: path.read_bytes() for path in folder.iterdir()}

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together: apart, each answer would wait 40 ms to be acknowledged

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            parameters = json.loads(asked or b"{}") if operation else {}
            body = bodies.get(operation or "unnamed")
            if body is None and operation:
                body = bodies.get(str(parameters.get("nextToken", 0)))
            self._send(in_part(operation, parameters, body) if body and operation in LISTINGS else body)

        def do_GET(self) -> None:
            self._send(bodies.get("unnamed"))

        def _send(self, found: bytes | None) -> None:
            body = UNKNOWN if found is None else found
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
