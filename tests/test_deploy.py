"""The files of deploy/ work: they lint, their commands run, their policy is ours, their alarms hear the log."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cfnlint.decode
import pytest

from collectors import iam
from collectors.source import sources
from tests.collectors.command import PATIENCE
from tests.collectors.fake_aws import FakeAws, Fault, serving
from tests.collectors.support import REGION
from tests.conftest import ROOT, clean_environment

DEPLOY = ROOT / "deploy"
TEMPLATE = DEPLOY / "cloudformation" / "agent-ledger.yaml"
UNITS = sorted((DEPLOY / "systemd").iterdir())
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template as plain values, short forms spelled out."""
    decoded, problems = cfnlint.decode.decode(str(TEMPLATE))
    assert problems == []
    plain: dict[str, Any] = json.loads(json.dumps(decoded))
    return plain


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """An account with one empty log group."""
    with serving(FakeAws()) as made:
        made.groups["aws/spans"] = []
        yield made


def environment(aws: FakeAws, home: Path) -> dict[str, str]:
    """Credentials for the fake, as a machine would give them."""
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_MAX_ATTEMPTS": "1"}
    return clean_environment(home) | keys | {"AWS_ENDPOINT_URL": aws.url, "AWS_REGION": REGION}


def here(text: str, home: Path) -> str:
    """The same with the places of this machine in place of those of the examples.

    This checkout and its interpreter stand there by links, as the example's place: without a blank in their path.
    """
    checkout, prefix = home / "agent-ledger", home / "venv"
    for link, place in ((checkout, ROOT), (prefix, Path(sys.prefix))):
        if not link.is_symlink():
            link.symlink_to(place, target_is_directory=True)
    python = str(prefix / "bin" / "python")
    places = {"/opt/agent-ledger/.venv/bin/python": python, ".venv/bin/python": python,
              "/opt/agent-ledger": str(checkout), "/var/log/agent-ledger": str(home),
              "/var/lib/agent-ledger": str(home)}  # fmt: skip
    return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)


def test_the_template_is_clean_for_cfn_lint() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    ran = subprocess.run([linter, str(TEMPLATE)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_task_may_do_exactly_what_the_sources_need(template: dict[str, Any]) -> None:
    policies = template["Resources"]["TaskRole"]["Properties"]["Policies"]
    given = next(each for each in policies if each["PolicyName"] == "read-what-agents-did")["PolicyDocument"]
    wanted = iam.policy(source for source in sources().values() if source.enabled)
    assert _with_placeholders(given) == wanted, "compare with `python -m collectors iam`"
    written = {name for text in re.findall(r"<([A-Z_]+)>", json.dumps(wanted)) for name in [_parameter(text)]}
    assert written <= set(template["Parameters"])


def _with_placeholders(value: Any) -> Any:
    """Fn::Sub with a parameter as the placeholder that the generated policy has."""
    if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
        return PLACEHOLDER.sub(lambda found: f"<{_words(found[1])}>", value["Fn::Sub"])
    if isinstance(value, dict):
        return {key: _with_placeholders(each) for key, each in value.items()}
    return [_with_placeholders(each) for each in value] if isinstance(value, list) else value


def _words(parameter: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parameter).upper()


def _parameter(placeholder: str) -> str:
    return "".join(word.capitalize() for word in placeholder.split("_"))


def test_what_the_collector_keeps_outlives_the_stack_and_only_its_task_may_touch_it(template: dict[str, Any]) -> None:
    found = template["Resources"]
    assert (found["FileSystem"]["DeletionPolicy"], found["FileSystem"]["Properties"]["Encrypted"]) == ("Retain", True)
    volume = found["Task"]["Properties"]["Volumes"][0]["EFSVolumeConfiguration"]
    assert (volume["TransitEncryption"], volume["AuthorizationConfig"]["IAM"]) == ("ENABLED", "ENABLED")
    container = found["Task"]["Properties"]["ContainerDefinitions"][0]
    home = next(each["Value"] for each in container["Environment"] if each.get("Name") == "LEDGER_HOME")
    assert [each["ContainerPath"] for each in container["MountPoints"]] == [home]
    assert found["FileSystemGroup"]["Properties"]["SecurityGroupIngress"][0]["SourceSecurityGroupId"] == {
        "Ref": "TaskGroup"
    }


def holds(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a filter pattern of CloudWatch Logs fits a JSON line; only the forms that the template uses."""
    text = pattern.strip().removeprefix("{").removesuffix("}")
    text = re.sub(r"\$\.(\w+) IS (TRUE|FALSE)", lambda found: str(line.get(found[1]) is (found[2] == "TRUE")), text)
    text = re.sub(r'\$\.(\w+) = "([^"]*)"', lambda found: str(line.get(found[1]) == found[2]), text)
    text = re.sub(r'\$\.(\w+) != "([^"]*)"', lambda found: str(found[1] in line and line[found[1]] != found[2]), text)
    assert "$" not in text, "a form that is not understood here"
    return bool(eval(text.replace("&&", "and").replace("||", "or").strip(), {"__builtins__": {}}))  # noqa: S307


def log_of(aws: FakeAws, home: Path, template: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the task's own command."""
    command = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]["Command"]
    words = [sys.executable, "-m", *command, "--source", "span_logs"]
    ran = subprocess.run(
        words, cwd=ROOT, env=environment(aws, home), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_the_alarms_hear_good_and_failed_passes_and_silence(
    template: dict[str, Any], aws: FakeAws, tmp_path: Path
) -> None:
    found = template["Resources"]
    good, bad = (found[name]["Properties"]["FilterPattern"] for name in ("GoodPasses", "Failures"))
    lines = log_of(aws, tmp_path, template)
    assert ([holds(good, line) for line in lines].count(True), any(holds(bad, line) for line in lines)) == (1, False)
    aws.faults.append(Fault("FilterLogEvents", "AccessDeniedException"))
    lines = log_of(aws, tmp_path, template)
    assert (any(holds(good, line) for line in lines), [holds(bad, line) for line in lines].count(True)) == (False, 1)
    (tmp_path / "file").touch()
    lines = log_of(aws, tmp_path / "file", template)
    assert [line["event"] for line in lines] == ["pass_failed"]
    assert holds(bad, lines[0])
    assert not holds(bad, {"event": "pass_failed", "error_code": "LedgerLocked"}), "another pass was at work"
    assert not holds(bad, {"event": "pass_finished", "ok": False, "stopped": True}), "it was asked to stop"
    stale, failed = found["StaleAlarm"]["Properties"], found["FailureAlarm"]["Properties"]
    assert (stale["TreatMissingData"], stale["ComparisonOperator"]) == ("breaching", "LessThanThreshold")
    assert (failed["TreatMissingData"], failed["Threshold"]) == ("notBreaching", 1)
    named = {
        name: found[name]["Properties"]["MetricTransformations"][0]["MetricName"] for name in ("GoodPasses", "Failures")
    }
    assert (stale["MetricName"], failed["MetricName"]) == (named["GoodPasses"], named["Failures"])


def test_the_line_for_cron_runs_a_pass_and_logs_it(aws: FakeAws, tmp_path: Path) -> None:
    lines = [line for line in (DEPLOY / "cron" / "agent-ledger").read_text().splitlines() if line[:1] not in ("#", "")]
    settings = dict(line.split("=", 1) for line in lines if re.fullmatch(r"[A-Z_]+=.*", line))
    (job,) = [line for line in lines if line.split("=", 1)[0] not in settings]
    *when, user, command = job.split(maxsplit=6)
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in when)
    assert (user, "%" in command) == ("ledger", False), "cron turns % into a new line"
    values = environment(aws, tmp_path) | {name: here(value, tmp_path) for name, value in settings.items()}
    ran = subprocess.run([settings["SHELL"], "-c", here(command, tmp_path)], env=values, timeout=PATIENCE, check=False)
    last = json.loads((tmp_path / "collector.log").read_text().splitlines()[-1])
    assert (ran.returncode, last["event"], last["ok"]) == (0, "pass_finished", True)
    assert last["then"]["said"].startswith("0 insights"), "insights and due verdicts follow every pass"


def test_every_way_to_schedule_a_pass_lets_insights_and_due_verdicts_follow(template: dict[str, Any]) -> None:
    container = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]
    texts = [(DEPLOY / "cron" / "agent-ledger").read_text(), (DEPLOY / "container" / "Dockerfile").read_text()]
    texts += [unit.read_text() for unit in UNITS if unit.suffix == ".service"]
    texts.append(shlex.join(container["Command"]))
    assert [text for text in texts if "--then" not in text or "metrics insights --refresh" not in text] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd-analyze is not installed")
    for each in UNITS:
        (tmp_path / each.name).write_text(here(each.read_text(), tmp_path))
    ran = subprocess.run([verifier, "verify", str(tmp_path / unit.name)], capture_output=True, text=True, check=False)
    ours = [line for line in ran.stderr.splitlines() if "agent-ledger" in line]
    assert (ran.returncode, ours) == (0, [])


def test_the_commands_of_the_units_are_commands_of_ours(tmp_path: Path) -> None:
    for unit in UNITS:
        for command in re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE):
            words = shlex.split(here(command, tmp_path))
            ran = subprocess.run([*words, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stderr
            assert all(word in ran.stdout for word in words if word.startswith("--"))


def test_the_image_holds_all_that_the_commands_need(tmp_path: Path) -> None:
    text = (DEPLOY / "container" / "Dockerfile").read_text()
    let_in = {
        line[1:]
        for line in (DEPLOY / "container" / "Dockerfile.dockerignore").read_text().splitlines()
        if line[0] == "!"
    }
    copied = set()
    for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            copied.add(name)
            place = tmp_path / (name if target == "./" else target)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, place)
    assert copied == let_in
    entry, command = (
        json.loads(re.findall(rf"^{word} (.*)$", text, re.MULTILINE)[0]) for word in ("ENTRYPOINT", "CMD")
    )
    words = [sys.executable, *entry[1:], *command, "--help"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, "--log" in ran.stdout) == (0, True), ran.stderr
    reading = [sys.executable, "-c", "import dashboard.shell, metrics.run, sys; print(sys.modules['sql'].__file__)"]
    ran = subprocess.run(reading, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout.startswith(str(tmp_path)), ran.stderr
    assert re.search(r"^USER (?!root)\w+$", text, re.MULTILINE), "it does not run as root"
    assert "latest" not in re.findall(r"^FROM (.*)$", text, re.MULTILINE)[0]
