"""`run --then`: a command of its own after each pass that published; what becomes of it is told and counts."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.stop import Stop
from collectors.then import follow_up
from tests.collectors.command import PATIENCE, collecting
from tests.collectors.fake_aws import FakeAws, serving

PASS = ("run", "--source", "span_logs", "--log", "json")


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """An account with an empty log group."""
    with serving(FakeAws()) as made:
        made.groups["aws/spans"] = []
        yield made


def python(code: str) -> str:
    """A command that runs this Python text."""
    return f"python -c '{code}'"


def test_it_runs_once_the_file_is_published_and_the_warehouse_is_free(aws: FakeAws, tmp_path: Path) -> None:
    look = 'import os, pathlib; h = pathlib.Path(os.environ["LEDGER_HOME"]); print((h / "kpis.duckdb").exists(), (h / "writer.json").exists())'  # noqa: E501
    with collecting(aws, tmp_path, *PASS, "--then", python(look)) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    last = json.loads(out.splitlines()[-1])
    assert (process.returncode, last["event"], last["ok"]) == (0, "pass_finished", True)
    assert (last["then"]["ok"], last["then"]["said"]) == (True, "True False")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [(python('import sys; print("no room"); sys.exit(3)'), 3, "no room"), ("no-such-command", None, "not be started")],
)
def test_one_that_fails_is_told_and_makes_the_pass_fail(
    aws: FakeAws, tmp_path: Path, command: str, code: int | None, said: str
) -> None:
    with collecting(aws, tmp_path, *PASS, "--then", command) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    last = json.loads(out.splitlines()[-1])
    assert (process.returncode, last["ok"], last["level"], last["failed"]) == (1, False, "error", 0)
    assert (last["then"]["ok"], last["then"].get("code")) == (False, code)
    assert said in last["then"]["said"]


def test_it_follows_every_pass_of_a_process_that_stays_and_lines_tell_it(aws: FakeAws, tmp_path: Path) -> None:
    with collecting(
        aws, tmp_path, "run", "--every", "1s", "--source", "span_logs", "--then", python('print("looked")')
    ) as process:
        assert process.stdout is not None
        seen = 0
        while seen < 2:
            seen += process.stdout.readline().strip() == "looked"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_the_word_python_is_the_python_of_the_collector() -> None:
    assert follow_up(python("import sys; print(sys.executable)"), Stop()).said == sys.executable


def test_a_collector_that_is_asked_to_stop_ends_it_and_nothing_failed() -> None:
    stop = Stop()
    stop.ask()
    begun = time.monotonic()
    found = follow_up(python("import time; time.sleep(60)"), stop)
    assert time.monotonic() - begun < 30
    assert (found.code, found.ok) == (None, True)
    assert "asked to stop" in found.said


def test_one_that_never_ends_is_ended_and_has_failed() -> None:
    found = follow_up(python("import time; time.sleep(60)"), Stop(), longest=0.3)
    assert (found.code, found.ok) == (None, False)
    assert "took too long" in found.said
