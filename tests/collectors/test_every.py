"""`run --every`: passes that never overlap, spread over hosts, back off while all fails, and end on a signal."""

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.__main__ import main
from collectors.every import pause, repeat
from collectors.stop import Stop
from tests.collectors.command import PATIENCE, Gate, collecting
from tests.collectors.fake_aws import FakeAws, Fault, serving

FIVE = timedelta(minutes=5)


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """An account with an empty log group."""
    with serving(FakeAws()) as made:
        made.groups["aws/spans"] = []
        yield made


class Waiting(Stop):
    """Notes how long it was to wait, moves the clock, and ends after so many passes."""

    def __init__(self, passes: int) -> None:
        super().__init__()
        self.waited: list[float] = []
        self.now = 0.0
        self._passes = passes

    def wait(self, seconds: float) -> bool:
        """Do not wait."""
        self.waited.append(seconds)
        self.now += seconds
        if len(self.waited) == self._passes:
            self.ask()
        return self.asked


def waits(results: list[bool], took: float = 0.0, seed: str = "host-a") -> list[float]:
    """The waits after passes with these results, each of which took so many seconds."""
    stop, left = Waiting(len(results)), list(results)

    def once() -> bool:
        stop.now += took
        return left.pop(0)

    repeat(once, FIVE, stop, clock=lambda: stop.now, seed=seed)
    return stop.waited


def test_passes_begin_the_period_apart_with_a_tenth_of_play() -> None:
    waited = waits([True] * 50)
    assert all(270 <= each <= 330 for each in waited)
    assert len(set(waited)) == 50
    assert waited == waits([True] * 50)
    assert waited != waits([True] * 50, seed="host-b"), "another host waits otherwise"


def test_a_pass_that_takes_longer_than_the_period_is_followed_at_once_and_never_overlaps() -> None:
    assert waits([True] * 3, took=400) == [0.0, 0.0, 0.0]
    assert all(170 <= each <= 230 for each in waits([True] * 3, took=100))


def test_the_pause_doubles_while_everything_fails_and_is_usual_again_afterwards() -> None:
    assert [pause(FIVE, failures, 0) for failures in (0, 1, 2, 3, 4, 30)] == [300, 600, 1200, 2400, 3600, 3600]
    assert pause(timedelta(days=1), 5, 0) == 86_400, "a period longer than the longest pause is kept"
    one, two, three = waits([False, False, True])
    assert (540 <= one <= 660, 1080 <= two <= 1320, 270 <= three <= 330) == (True, True, True)


def test_a_real_process_passes_again_and_again_and_ends_cleanly_on_sigterm(aws: FakeAws, tmp_path: Path) -> None:
    arguments = ("run", "--every", "1s", "--source", "span_logs", "--log", "json")
    with collecting(aws, tmp_path, *arguments) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline())]
        while sum(line["event"] == "pass_finished" for line in lines) < 2:
            lines.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert all(json.loads(line)["at"] for line in out.splitlines())
    assert [line["ok"] for line in lines if line["event"] == "pass_finished"] == [True, True]


def test_sigterm_in_the_midst_of_a_pass_books_it_as_stopped_and_ends_with_0(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, "run", "--every", "1h", "--source", "span_logs") as process:
        assert gate.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        gate.go.set()
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "stopped" in out


def test_a_process_outlives_a_pass_in_which_everything_failed(aws: FakeAws, tmp_path: Path) -> None:
    aws.faults.append(Fault("*", "ThrottlingException", times=1))
    aws.faults.append(Fault("FilterLogEvents", "InternalFailure", 500, times=1))
    with collecting(aws, tmp_path, "run", "--every", "1s", "--source", "span_logs") as process:
        assert process.stdout is not None
        seen = ""
        while "ok      span_logs" not in seen:
            seen += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "failed  span_logs" in seen


@pytest.mark.parametrize("text", ["0s", "5", "five", "-1m", "5 m"])
def test_a_period_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--every", text])
    assert ended.value.code == 2
    assert "write 30s, 5m, 1h or 1d" in capsys.readouterr().err or text == "-1m"


def test_a_window_is_not_read_again_and_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--demo", "--every", "5m", "--since", "2026-11-01"]) == 2
    assert "Leave out one of them." in capsys.readouterr().err
