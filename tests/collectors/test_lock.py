"""Two collectors at once: the second one says who is first and ends with 1; under --every it waits and tries again."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collectors.command import PATIENCE, Gate, collecting
from tests.collectors.fake_aws import FakeAws, serving

READ = ("run", "--source", "span_logs")


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """An account with an empty log group."""
    with serving(FakeAws()) as made:
        made.groups["aws/spans"] = []
        yield made


def test_the_second_of_two_runs_says_who_is_first(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, *READ) as first:
        assert gate.asked.wait(PATIENCE)
        with collecting(aws, tmp_path, *READ) as second:
            _, said = second.communicate(timeout=PATIENCE)
        gate.go.set()
        first.communicate(timeout=PATIENCE)
    assert (first.returncode, second.returncode) == (0, 1)
    who = f"process {first.pid} on {socket.gethostname()} (python -m collectors run --source span_logs), since 20"
    assert f"warehouse.duckdb is being written by {who}" in said
    assert "Wait until that collector has finished, then run again. A retry may help." in said
    assert not (tmp_path / "writer.json").exists()


def test_a_killed_collector_leaves_a_file_that_blocks_nobody(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, *READ) as killed:
        assert gate.asked.wait(PATIENCE)
        killed.kill()
        killed.communicate(timeout=PATIENCE)
        gate.go.set()
    assert (tmp_path / "writer.json").exists()
    with collecting(aws, tmp_path, *READ) as next_one:
        out, err = next_one.communicate(timeout=PATIENCE)
    assert (next_one.returncode, err) == (0, "")
    assert "ok      span_logs aws/spans" in out


def test_a_process_that_repeats_outlives_the_lock_of_another(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, *READ) as first:
        assert gate.asked.wait(PATIENCE)
        with collecting(aws, tmp_path, *READ, "--every", "1s") as second:
            assert second.stdout is not None
            assert f"is being written by process {first.pid}" in second.stdout.readline()
            gate.go.set()
            first.communicate(timeout=PATIENCE)
            line = second.stdout.readline()
            while not line.startswith("published"):
                line = second.stdout.readline()
            second.send_signal(signal.SIGTERM)
            second.communicate(timeout=PATIENCE)
    assert (first.returncode, second.returncode) == (0, 0)
