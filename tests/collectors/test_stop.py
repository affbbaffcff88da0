"""SIGTERM and SIGINT: reading stops at the next page, the cursor stays, and the process says how it ended."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.console import Quiet, describe
from collectors.errors import Stopped
from collectors.run import Job, Place, run
from collectors.settings import Settings
from collectors.stop import Stop, Stoppable, on_signals
from sql.warehouse import Warehouse
from tests.collectors.command import PATIENCE, Gate, collecting
from tests.collectors.fake_aws import FakeAws, serving
from tests.collectors.support import NOW, by_scope, collect, fake, ms, rows, span
from tests.conftest import ROOT

READ = ("run", "--source", "span_logs", "--since", "2026-11-20T10:00Z", "--until", "2026-11-20T12:00Z")


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """A log group of several pages."""
    with serving(FakeAws()) as made:
        for number in range(1, 9):
            made.put("aws/spans", "default", ms(60 - number), span(number, 60 - number))
        yield made


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_reading_at_the_next_page(aws: FakeAws, tmp_path: Path, number: int, code: int) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, *READ) as process:
        assert gate.asked.wait(PATIENCE)
        process.send_signal(number)
        gate.go.set()
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (code, "")
    assert "stopped span_logs aws/spans: its window is read again next time" in out
    assert "the next run goes on from there" in out
    assert len(aws.asked("FilterLogEvents")) == 1, "no page after the one that was on its way"
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors WHERE source = 'span_logs'") == [(0,)]
    assert rows(tmp_path, "SELECT status, error_code FROM ops.collector_runs") == [("stopped", "Stopped")]
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["stopped"], status["scopes"][0]["status"]) == (True, "stopped")
    assert not (tmp_path / "writer.json").exists()
    with collecting(aws, tmp_path, *READ) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "ok      span_logs aws/spans: 8 read, 8 new" in out


def test_a_second_signal_ends_the_process_at_once(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    with collecting(aws, tmp_path, *READ, "--log", "json") as process:
        assert gate.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        while process.poll() is None:  # the first one is taken in the midst of a call, so a later one ends it
            process.send_signal(signal.SIGTERM)
        assert process.returncode == -signal.SIGTERM
        gate.go.set()
    aws.answers.clear()
    with collecting(aws, tmp_path, *READ) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "8 new" in out


def test_a_signal_reaches_all_places_that_are_read_side_by_side(aws: FakeAws, tmp_path: Path) -> None:
    gate = Gate(aws, "FilterLogEvents")
    regions = '[aws]\nregions = ["us-east-1", "eu-west-1", "eu-central-1"]\nparallel = 3'
    with collecting(aws, tmp_path, *READ, config=regions) as process:
        assert gate.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        gate.go.set()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert len(aws.asked("FilterLogEvents")) <= 3, "one page a place at most"
    assert rows(tmp_path, "SELECT DISTINCT status FROM ops.collector_runs") == [("stopped",)]
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors") == [(0,)]


def test_every_place_stops_and_what_had_landed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop()
    with fake(monkeypatch) as aws, Warehouse.open(tmp_path, kind="account") as warehouse:
        aws.put("aws/spans", "default", ms(60), span(1, 60))
        regions = ("us-east-1", "eu-west-1", "eu-central-1")
        places = tuple(Place(AwsAccount(AwsSettings(region=region))) for region in regions)
        aws.answers["GetTraceSummaries"] = lambda _: (stop.ask(), (200, {"TraceSummaries": []}))[1]
        settings = Settings(home=tmp_path, parallel=3)
        outcome = run(Job(warehouse, places, settings, lambda: NOW, lambda: NOW, Quiet(), stop=stop))
    assert (outcome.stopped, outcome.published) == (True, None)
    assert "stopped" in {each.status for each in outcome.runs}
    assert "xray_traces" in {each.scope.source for each in outcome.runs if each.status == "stopped"}
    assert {each.status for each in outcome.runs} <= {"ok", "not_set_up", "stopped"}


def test_what_was_stopped_is_read_whole_by_the_next_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop()
    with fake(monkeypatch) as aws:
        for number in range(1, 9):
            aws.put("aws/spans", "default", ms(60 - number), span(number, 60 - number))
        events = aws._events
        aws.answers["FilterLogEvents"] = lambda asked: (stop.ask(), events(asked))[1]
        with Warehouse.open(tmp_path, kind="account") as warehouse:
            place = Place(AwsAccount(AwsSettings()))
            job = Job(warehouse, (place,), Settings(home=tmp_path), lambda: NOW, lambda: NOW, Quiet(), stop=stop)
            stopped = run(job)
        del aws.answers["FilterLogEvents"]
        mended = by_scope(collect(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert any(describe(each).startswith("stopped") for each in stopped.runs)
    assert (mended.status, mended.rows_new) == ("ok", 8)


def test_an_account_asks_nothing_once_the_process_is_to_end() -> None:
    stop = Stop()
    account = Stoppable(AwsAccount(AwsSettings(region="us-east-1")), stop)
    stop.ask(signal.SIGINT)
    with pytest.raises(Stopped, match="SIGINT"):
        account.call("sts", "GetCallerIdentity")
    with pytest.raises(Stopped, match="run again"):
        next(account.pages("logs", "DescribeLogGroups"))
    assert (stop.exit_code, account.calls.api_calls, account.region) == (130, 0, "us-east-1")


def test_the_handlers_of_before_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = Stop()
    with on_signals(stop):
        signal.raise_signal(signal.SIGTERM)
        assert (stop.asked, stop.exit_code) == (True, 143)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == before


AT_EVERY_LINE = """
import signal, sys
from collectors.stop import Stop, on_signals

def asked_at(line):
    seen = 0
    def trace(frame, event, _):
        nonlocal seen
        if event == "line":
            seen += 1
            if seen == line:
                sys.settrace(None)
                signal.raise_signal(signal.SIGTERM)
        return trace
    stop = Stop()
    with on_signals(stop):
        sys.settrace(trace)
        stop.wait(0.001)
        sys.settrace(None)
    return stop.asked

line = 1
while asked_at(line):
    line += 1
print(line)
"""


def test_a_signal_ends_the_wait_at_whatever_line_it_comes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_EVERY_LINE], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert int(done.stdout) > 4
