"""The commands: exit codes, JSON, help with examples, and what they say when there is nothing to read."""

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from collectors.__main__ import main
from collectors.commands import moment
from collectors.doctor.probe import probes
from collectors.source import sources
from tests.collectors.fake_aws import Fault
from tests.collectors.support import fake, span
from tests.conftest import ROOT

NOT_LONG_AGO = 60


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ledger.toml in the working folder."""
    monkeypatch.chdir(tmp_path)


def test_without_an_account_run_explains_the_demo_and_how_to_connect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    shown = capsys.readouterr().err
    assert "There are no AWS credentials and no ledger.toml" in shown
    assert "python -m collectors run --demo" in shown
    assert "AWS_PROFILE" in shown


@pytest.mark.parametrize(("there", "mode"), [("nothing", "demo"), ("file", "account"), ("credentials", "account")])
def test_mode_is_account_when_there_is_a_file_or_credentials(
    there: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if there == "file":
        (tmp_path / "ledger.toml").write_text("")
    if there == "credentials":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert main(["mode"]) == 0
    assert capsys.readouterr().out == f"{mode}\n"


def test_a_pass_prints_a_line_a_scope_and_status_repeats_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", 1, span(1, 1))
        aws.faults.append(Fault("ListMetrics", "AccessDenied", 403))
        assert main(["run"]) == 1
        shown = capsys.readouterr().out
        assert main(["status"]) == 0
    assert "ok      span_logs aws/spans: 0 read, 0 new, 0 changed" in shown
    assert "failed  cloudwatch_metrics AWS/Bedrock: AWS denied cloudwatch:ListMetrics on AWS/Bedrock." in shown
    assert "-> Allow cloudwatch:ListMetrics on it" in shown
    assert "absent  invocation_logs: Model invocation logging is off" in shown
    assert "published kpis-" in shown
    assert "\x1b" not in shown, "what is not a terminal gets plain lines"
    status = capsys.readouterr().out
    assert "account data, written" in status
    assert "failed     cloudwatch_metrics AWS/Bedrock: read to nowhere yet" in status
    assert "-> Allow cloudwatch:ListMetrics" in status


def test_json_is_one_object_with_a_run_per_scope(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake(monkeypatch) as aws:
        aws.groups["aws/spans"] = []
        arguments = [
            "run",
            "--source",
            "span_logs",
            "--json",
            "--since",
            "2026-11-01",
            "--until",
            "2026-11-02T12:00+02:00",
        ]
        assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["checks"]) == (True, [])
    assert [
        (run["source"], run["scope"], run["status"], run["window_from"], run["window_to"]) for run in answer["runs"]
    ] == [("span_logs", "aws/spans", "ok", "2026-11-01 00:00:00", "2026-11-02 10:00:00")]


def test_an_unknown_source_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--demo", "--source", "spans", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["message"] == "There is no source 'spans'."
    assert error["remedy"] == f"Allowed: {', '.join(sources())}."


def test_a_home_that_cannot_be_written_is_a_bad_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "file" / "home"))
    assert main(["run", "--demo"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_bad_setting_is_shown_with_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ledger.toml").write_text("[org]\ntimezome = 'UTC'")
    assert main(["run"]) == 2
    assert "ledger.toml: [org] has no setting 'timezome'." in capsys.readouterr().err


def test_the_policy_holds_every_action_once_and_only_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["iam"]) == 0
    policy = json.loads(capsys.readouterr().out)
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    enabled = [source for source in sources().values() if source.enabled]
    read = {action for source in enabled for grant in source.actions for action in grant.actions}
    assert set(actions) == read | {action for probe in probes() for action in probe.actions}
    assert len(actions) == len(set(actions))
    verb = re.compile(r"[a-z0-9-]+:(Get|List|Describe|BatchGet|Filter)[A-Za-z0-9]+")
    assert {each for each in actions if not verb.fullmatch(each)} == {"kms:Decrypt", "xray:StartTraceRetrieval"}
    assert [each for each in actions if re.search(r"Token|Credential|ApiKey|Secret|\*", each)] == []
    logs = next(each for each in policy["Statement"] if each["Action"] == ["logs:FilterLogEvents"])
    assert "arn:aws:logs:*:*:log-group:<MODEL_INVOCATION_GROUP>:*" in logs["Resource"]
    assert "*" not in logs["Resource"]


def test_groups_of_the_settings_are_in_the_policy_and_it_can_be_written_as_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEDGER_CONFIG", str(ROOT / "ledger.example.toml"))
    page = tmp_path / "iam.md"
    assert main(["iam", "--write", str(page)]) == 0
    text = page.read_text()
    assert "log-group:/ecs/pricing-agent/spans:*" in text
    assert "| X-Ray traces | `xray:GetTraceSegmentDestination`" in text
    assert capsys.readouterr().out == ""


def test_a_pass_loads_nothing_of_other_commands_nor_of_the_example_account() -> None:
    code = (
        "import sys\nfrom collectors.__main__ import parser\nparser('run')\n"
        "print([name for name in sys.modules if name.startswith(('collectors.demo', 'collectors.validate', 'boto3'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("given", [["sources", "--nonsense"], ["nonsense"]])
def test_what_is_no_command_or_no_option_ends_with_the_usage(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(given)
    assert "usage: python -m collectors" in capsys.readouterr().err


def test_help_shows_examples_and_hides_the_internal_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "python -m collectors run --demo" in shown
    for command in ("run", "status", "validate", "sources", "iam"):
        assert f"    {command} " in shown
    assert "mode" not in shown


def test_status_before_the_first_run_says_how_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    assert "Nothing has been collected" in capsys.readouterr().out


def test_moments_are_utc_unless_they_say_otherwise() -> None:
    assert moment("2026-11-01") == datetime.fromisoformat("2026-11-01T00:00")
    assert moment("2026-11-01T08:00+02:00") == datetime.fromisoformat("2026-11-01T06:00")
