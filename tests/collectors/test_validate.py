"""A file of events is checked before it is sent: what is wrong, line by line, in words for people and for programs."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import BadSetting
from collectors.outcome_event import EVENT_NAME, FIELDS, emit, outcome_event, problems, unwrap
from collectors.validate import as_json, report_lines, run, validate_file
from tests.collectors.test_outcome_files import FIRST, HEADER, TICKETS
from tests.conftest import ROOT

EVENT = outcome_event(
    "success", agent_name="helper", trace_id="a" * 32, event_id="e1", at=datetime(2026, 11, 2, tzinfo=UTC)
)
PAGE = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")


def lines(path: Path, *records: Any) -> Path:
    """A file of these records, texts as they are."""
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in records))
    return path


def test_every_form_of_a_valid_event_is_accepted(tmp_path: Path) -> None:
    forms = [{"message": json.dumps(EVENT)}, {"detail": EVENT}, {"attributes": EVENT}, {"body": EVENT}]
    named = [{**EVENT, "event_id": "e2"}, *[{**form} for form in forms]]
    report = validate_file(lines(tmp_path / "f.jsonl", *named, {"level": "INFO", "message": "hello"}))
    assert (report.lines, report.valid, report.passed_over, report.wrong, report.exit_code) == (6, 5, 1, [], 0)


def test_wrong_lines_are_named_with_their_reasons_but_never_their_values(tmp_path: Path) -> None:
    bad = {**EVENT, "task.outcome": "secret words", "confidence": "0.8"}
    report = validate_file(lines(tmp_path / "f.jsonl", EVENT, "", "{cut", bad, "[1]"))
    assert [wrong.line for wrong in report.wrong] == [3, 4, 5]
    assert report.wrong[1].reasons == (
        "task.outcome is a text of 12 characters; allowed: success, partial, failure, failed, abandoned, unknown",
        "confidence is a text of 3 characters; allowed: a number from 0 to 1",
    )
    assert (report.exit_code, "secret" in "\n".join(report_lines(report))) == (1, False)
    assert as_json(report)["wrong"][0] == {
        "line": 3,
        "reasons": ("the line is no JSON; allowed: one JSON object a line",),
    }


def test_repeated_ids_and_loose_corrections_are_warnings(tmp_path: Path) -> None:
    other = {**EVENT, "task.outcome": "failure", "supersedes": "gone"}
    report = validate_file(lines(tmp_path / "f.jsonl", EVENT, EVENT, other))
    assert (report.exit_code, len(report.warnings)) == (0, 2)
    assert "lines 1, 2, 3: they differ" in report.warnings[0]
    assert "line 3 supersedes gone" in report.warnings[1]


def test_a_file_without_events_is_wrong_and_one_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert validate_file(lines(tmp_path / "none.jsonl", {"level": "INFO"})).exit_code == 1
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "latin.jsonl").write_bytes('{"a": "ö"}'.encode("latin-1"))
    for name in ("empty.jsonl", "latin.jsonl", "absent.jsonl"):
        report = validate_file(tmp_path / name)
        assert (report.exit_code, report.unreadable is not None) == (2, True)


def test_rows_are_checked_through_a_mapping(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEADER + FIRST + FIRST.replace("Resolved", "Gone"))
    assert run(path, "tickets", False, [TICKETS | {"path": "x.csv"}]) == 1
    assert "line 3: column 'Status' (outcome) is the word 'Gone'" in capsys.readouterr().out
    with pytest.raises(BadSetting, match="no mapping 'other'"):
        run(path, "other", True, [TICKETS | {"path": "x.csv"}])


def test_the_builder_refuses_what_the_contract_does_not_allow() -> None:
    assert problems(EVENT) == []
    with pytest.raises(ValueError, match=r"task.outcome is a text .*; colour is no field"):
        outcome_event("great", agent_name="helper", trace_id="a" * 32, colour="red")


def test_emit_writes_one_line_to_the_output_or_a_logger(capsys: pytest.CaptureFixture[str]) -> None:
    emit(EVENT)
    logger, stream = logging.getLogger("outcome-test"), io.StringIO()
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(stream))
    emit(EVENT, logger)
    assert [json.loads(text) for text in (capsys.readouterr().out, stream.getvalue())] == [EVENT, EVENT]


def test_the_page_names_every_field_and_its_examples_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert [field for field in FIELDS if f"`{field}`" not in PAGE] == []
    shown = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert {each["event.name"] for each in shown} == {EVENT_NAME, "agent.change"}
    assert [problems(each) for each in shown if each["event.name"] == EVENT_NAME] == [[]]
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "docs/outcomes.md", "exec"), {})  # noqa: S102 - our own page
    assert problems(json.loads(capsys.readouterr().out)) == []


def test_an_event_in_the_attributes_of_a_recorded_log_record_borrows_what_it_lacks(shared: Path) -> None:
    record = json.loads((shared / "aws/samples/otel_rt_log_app_logger.json").read_text())
    bare = {key: EVENT[key] for key in ("event.name", "schema_version", "event_id", "task.outcome")}
    event = unwrap({**record, "attributes": {**record["attributes"], **bare}})
    assert isinstance(event, dict)
    assert (event["trace_id"], event["gen_ai.agent.id"]) == (
        "691bb6a875f4b80435ad36816864e7c2",
        "test_eval_1-Ux9OE986P4",
    )
    assert (event["timestamp"], problems(event)) == ("2025-11-17T23:58:37Z", [])
