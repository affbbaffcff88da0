"""Who holds the lock is said to the one who comes second, and a file that was left behind blocks nobody."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sql import holder
from sql.errors import LedgerLocked, WrongHome
from sql.warehouse import Warehouse
from tests.conftest import ROOT

HOLD = """
import sys
from pathlib import Path
from sql.warehouse import Warehouse
sys.argv = ["/srv/app/collectors/__main__.py", "run", "--every", "5m"]
with Warehouse.open(Path(HOME), kind="account"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_writer_is_told_process_host_command_and_since_when(tmp_path: Path) -> None:
    code = HOLD.replace("HOME", repr(str(tmp_path)))
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LedgerLocked) as caught:
            Warehouse.open(tmp_path, kind="account")
        said = holder.read(tmp_path)
        other.stdin.close()
    assert said is not None
    assert caught.value.message == (
        f"{tmp_path / 'warehouse.duckdb'} is being written by process {other.pid} on {socket.gethostname()} "
        f"(python -m collectors run --every 5m), since {said.since[:16].replace('T', ' ')} UTC."
    )
    assert caught.value.retry_helps is True
    assert holder.read(tmp_path) is None, "it took the file away when it had finished"
    Warehouse.open(tmp_path, kind="account").close()


def test_a_file_of_a_killed_process_blocks_nobody(tmp_path: Path) -> None:
    code = HOLD.replace("HOME", repr(str(tmp_path)))
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        other.kill()
    left = holder.read(tmp_path)
    assert left is not None
    assert left.pid == other.pid
    with Warehouse.open(tmp_path, kind="account"):
        now = holder.read(tmp_path)
    assert now is not None
    assert now.pid == os.getpid()


def said_by(home: Path, pid: int, host: str) -> None:
    """A file as another process would leave it."""
    text = json.dumps({"pid": pid, "host": host, "command": "c", "since": "2026-11-20T12:00:00"})
    (home / "writer.json").write_text(text)


def test_a_file_is_believed_only_if_it_can_be_about_the_writer(tmp_path: Path) -> None:
    assert (holder.who(tmp_path, None), holder.who(tmp_path, 7)) == ("another process", "process 7")
    said_by(tmp_path, os.getpid(), socket.gethostname())
    assert holder.who(tmp_path, None).startswith(
        f"process {os.getpid()} on {socket.gethostname()} (c), since 2026-11-20"
    )
    assert holder.who(tmp_path, 1) == "process 1", "DuckDB names another one"
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    said_by(tmp_path, gone.pid, socket.gethostname())
    assert holder.who(tmp_path, None) == "another process", "that process has ended"
    said_by(tmp_path, gone.pid, "elsewhere")
    assert "on elsewhere" in holder.who(tmp_path, None), "another machine's processes cannot be looked up"
    (tmp_path / "writer.json").write_text('{"pid": "x"}')
    assert holder.read(tmp_path) is None


def test_a_home_that_is_refused_leaves_no_file(tmp_path: Path) -> None:
    Warehouse.open(tmp_path, kind="demo").close()
    with pytest.raises(WrongHome):
        Warehouse.open(tmp_path, kind="account")
    assert holder.read(tmp_path) is None
