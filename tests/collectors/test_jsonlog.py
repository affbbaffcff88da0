"""`--log json`: one object a line, with what people search for, and without secrets."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.__main__ import main
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import FakeAws, Fault
from tests.collectors.support import fake, span


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeAws]:
    """An account with spans, and with a source that fails."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers
    with fake(monkeypatch) as made:
        made.put("aws/spans", "default", 1, span(1, 1))
        made.faults.append(Fault("GetTraceSummaries", "AccessDeniedException", 403))
        yield made
    logging.getLogger().handlers = handlers


def lines(text: str) -> list[dict[str, Any]]:
    """The objects."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_pass_is_told_in_objects(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--log", "json", "--source", "span_logs", "--source", "xray_traces"]) == 1
    text = capsys.readouterr().out
    told = lines(text)
    assert all({"at", "level", "event"} <= line.keys() for line in told)
    assert all(datetime.fromisoformat(line["at"]).utcoffset() is not None for line in told)
    spans = next(line for line in told if line["event"] == "scope_read" and line["source"] == "span_logs")
    assert (spans["scope"], spans["region"], spans["status"], spans["level"]) == (
        "aws/spans",
        "us-east-1",
        "ok",
        "info",
    )
    assert (spans["account"], spans["rows_read"], spans["api_calls"]) == ("111122223333", 0, 1)
    assert "error_code" not in spans
    failed = next(line for line in told if line.get("status") == "failed")
    assert (failed["level"], failed["error_code"]) == ("error", "AccessDeniedException")
    assert (told[-1]["event"], told[-1]["ok"], told[-1]["failed"]) == ("pass_finished", False, 1)
    assert told[-1]["published"].startswith("kpis-")
    assert "testing" not in text, "the secret key is nowhere"


def test_a_pass_that_could_not_begin_is_an_object_too(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "home"))
    Warehouse.open(tmp_path / "home", kind="account").close()
    handlers = logging.getLogger().handlers
    assert main(["run", "--demo", "--log", "json"]) == 2
    logging.getLogger().handlers = handlers
    (told,) = lines(capsys.readouterr().out)
    assert (told["event"], told["error_code"], told["retry_helps"]) == ("pass_failed", "WrongHome", False)


def test_what_libraries_warn_about_is_an_object_too(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--log", "json", "--source", "span_logs"])
    capsys.readouterr()
    logging.getLogger("botocore.x").warning("odd: %s", "thing")
    (told,) = lines(capsys.readouterr().out)
    assert (told["event"], told["level"], told["logger"], told["message"]) == (
        "log",
        "warning",
        "botocore.x",
        "odd: thing",
    )


def test_json_and_a_json_log_are_not_asked_for_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--json", "--log", "json"])
    assert "not allowed with" in capsys.readouterr().err
