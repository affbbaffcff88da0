"""Step Functions over HTTP: executions newest first, running ones waited for, waits for people, logs of EXPRESS."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from collectors.errors import BadSetting
from sql.warehouse import Run
from tests.collectors.fake_aws import FakeAws, Fault
from tests.collectors.fake_hosts import (
    MACHINE,
    SECRET,
    Machines,
    approval,
    arn_of,
    asked_for_approval,
    execution,
    happened,
    settings,
)
from tests.collectors.support import NOW, REGION, by_scope, collect, everything, fake, ms, read, rows
from tests.collectors.test_moto import endpoint as endpoint

SOURCE = "step_functions"
GROUP = "/aws/vendedlogs/states/refunds-Logs"
EXPRESS = MACHINE.replace(":stateMachine:", ":express:") + ":run:0f"
STATES = "SELECT execution_arn.split(':')[8], split_part(progress, '|', 3), redrives, ended_at FROM raw.executions"


@contextmanager
def machines(monkeypatch: pytest.MonkeyPatch, **contents: Any) -> Iterator[tuple[FakeAws, Machines]]:
    """A fake AWS with state machines."""
    with fake(monkeypatch, **contents) as aws:
        held = Machines(aws)
        aws.answers |= held.answers()
        yield aws, held


def one(home: Path, hosts: tuple[str, ...] = (MACHINE,), minutes: float = 0, **more: Any) -> Run:
    """The only run of a pass, `minutes` after NOW."""
    now = NOW + timedelta(minutes=minutes)
    (done,) = read(home, SOURCE, now=now, settings=settings(home, SOURCE, hosts, **more)).runs
    return done


def test_executions_become_rows_with_version_redrives_and_both_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (_, held):
        held.executions = [
            execution("a", "SUCCEEDED", 50, 40, stateMachineVersionArn=f"{MACHINE}:3",
                      stateMachineAliasArn=f"{MACHINE}:live"),
            execution("b", "FAILED", 45, 44, redriveCount=2, redriveDate=ms(45) / 1000),
            execution("c", "TIMED_OUT", 43, 42),
            execution("d", "RUNNING", 41),
        ]  # fmt: skip
        done = one(tmp_path)
    assert (done.status, done.rows_read, done.rows_new, done.rejects) == ("ok", 4, 4, 0)
    assert rows(
        tmp_path,
        """SELECT execution_arn, record, account_id, region, state_machine_arn, version_arn, alias_arn, progress,
           started_at, ended_at, redrives, transitions FROM raw.executions ORDER BY 1""",
    ) == [
        (arn_of("a"), "listed", "111122223333", REGION, MACHINE, f"{MACHINE}:3", f"{MACHINE}:live", "00000|1|SUCCEEDED",
         NOW - timedelta(minutes=50), NOW - timedelta(minutes=40), 0, None),
        (arn_of("b"), "listed", "111122223333", REGION, MACHINE, None, None, "00002|1|FAILED",
         NOW - timedelta(minutes=45), NOW - timedelta(minutes=44), 2, None),
        (arn_of("c"), "listed", "111122223333", REGION, MACHINE, None, None, "00000|1|TIMED_OUT",
         NOW - timedelta(minutes=43), NOW - timedelta(minutes=42), 0, None),
        (arn_of("d"), "listed", "111122223333", REGION, MACHINE, None, None, "00000|0|RUNNING",
         NOW - timedelta(minutes=41), None, 0, None),
    ]  # fmt: skip


def test_a_running_execution_is_waited_for_and_merges_with_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (_, held):
        held.executions = [execution("a", "RUNNING", 90)]
        one(tmp_path)
        reached = rows(tmp_path, "SELECT reached_at FROM ops.cursors")
        held.executions = [execution("a", "SUCCEEDED", 90, -5)]
        done = one(tmp_path, minutes=10)
    assert reached == [(NOW - timedelta(minutes=60),)]  # 30 minutes of overlap reach back to its start
    assert (done.rows_new, done.rows_changed) == (0, 1)
    assert rows(tmp_path, STATES) == [("a", "SUCCEEDED", 0, NOW + timedelta(minutes=5))]


def test_a_finished_state_beats_running_whatever_came_first_and_a_redrive_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [
        execution("a", "RUNNING", 90),
        execution("a", "TIMED_OUT", 90, 80),
        execution("a", "RUNNING", 90, redriveCount=1),
        execution("a", "FAILED", 90, 30, redriveCount=1, redriveDate=ms(40) / 1000),
    ]
    for name, order in (("there", states), ("back", states[::-1])):
        with machines(monkeypatch) as (_, held):
            for minutes, state in enumerate(order):
                held.executions = [state]
                one(tmp_path / name, minutes=minutes)
        assert rows(tmp_path / name, STATES) == [("a", "FAILED", 1, NOW - timedelta(minutes=30))]


def test_a_second_read_brings_nothing_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with machines(monkeypatch) as (_, held):
        held.definition = approval()
        held.executions = [execution(str(n), "SUCCEEDED", 20 - n, 15 - n) for n in range(8)]
        held.histories = {arn_of(str(n)): [*asked_for_approval(20 - n)] for n in range(8)}
        first, second = one(tmp_path), one(tmp_path, minutes=1)
    assert (first.rows_new, second.rows_new, second.rows_changed) == (16, 0, 0)
    assert second.rows_read == second.duplicates == 16


def test_paging_stops_where_executions_began_too_early_to_end_in_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = 24 * 60
    with machines(monkeypatch) as (aws, held):
        held.executions = [execution(f"{n:02}", "SUCCEEDED", n * day, n * day - 5) for n in range(1, 40)]
        first = one(tmp_path)
        aws.seen.clear()
        held.executions += [execution("long", "SUCCEEDED", 20 * 60, 2), execution("longer", "SUCCEEDED", 30 * 60, 2)]
        one(tmp_path, minutes=1)
        listed = len(aws.asked("ListExecutions"))
    assert first.rows_new == 14
    assert listed <= 3
    assert [name for (name,) in rows(tmp_path, "SELECT execution_arn.split(':')[8] FROM raw.executions")][14:] == [
        "long"
    ]


@pytest.mark.parametrize(("text", "names"), [("2d", {"long", "longer"}), ("1h", set())])
def test_the_owner_says_how_long_an_execution_may_run(
    text: str, names: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (_, held):
        one(tmp_path)
        held.executions = [execution("long", "SUCCEEDED", 20 * 60, 2), execution("longer", "SUCCEEDED", 30 * 60, 2)]
        one(tmp_path, minutes=1, options={"longest_run": text})
    assert {name for (name,) in rows(tmp_path, "SELECT execution_arn.split(':')[8] FROM raw.executions")} == names


def test_a_bad_duration_names_the_key_and_what_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        machines(monkeypatch),
        pytest.raises(BadSetting, match=r"longest_run in \[sources.step_functions\].*12h or 3d"),
    ):
        one(tmp_path, options={"longest_run": "long"})


def test_waits_for_people_are_read_only_where_a_state_hands_out_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (aws, held):
        held.executions = [execution("a", "SUCCEEDED", 50, 20), execution("b", "RUNNING", 45)]
        held.histories = {
            arn_of("a"): [*asked_for_approval(48), happened(6, 5, "TaskSucceeded", 21)],
            arn_of("b"): [*asked_for_approval(44)],
        }
        one(tmp_path)
        assert aws.asked("GetExecutionHistory") == []
        held.definition = approval()
        one(tmp_path, minutes=1)
    resource = "sqs:sendMessage.waitForTaskToken"
    assert rows(tmp_path, "SELECT * FROM raw.human_waits ORDER BY 1") == [
        (arn_of("a"), 3, "Approve", resource, NOW - timedelta(minutes=48), NOW - timedelta(minutes=21), "answered"),
        (arn_of("b"), 3, "Approve", resource, NOW - timedelta(minutes=44), None, None),
    ]
    assert rows(tmp_path, "SELECT sum(transitions) FROM raw.executions") == [(2,)]


def test_an_open_wait_is_closed_when_the_answer_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with machines(monkeypatch) as (_, held):
        held.definition = approval()
        held.executions, held.histories = [execution("a", "RUNNING", 45)], {arn_of("a"): [*asked_for_approval(44)]}
        one(tmp_path)
        held.histories[arn_of("a")].append(happened(6, 5, "TaskFailed", -3))
        one(tmp_path, minutes=5)
    assert rows(tmp_path, "SELECT ended_at, outcome FROM raw.human_waits") == [(NOW + timedelta(minutes=3), "failed")]


def test_nothing_of_a_definition_or_a_payload_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with machines(monkeypatch) as (_, held):
        held.definition = approval()
        held.executions = [execution("a", "ABORTED", 50, 20)]
        held.histories = {arn_of("a"): [*asked_for_approval(48)]}
        done = collect(tmp_path, SOURCE, settings=settings(tmp_path, SOURCE, (MACHINE,)))
    assert done.exit_code == 0
    assert SECRET not in everything(tmp_path)


def test_the_trace_of_an_aborted_execution_is_asked_for_without_its_payload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (aws, held):
        held.executions = [
            execution("a", "ABORTED", 50, 20),
            execution("b", "ABORTED", 40, 20),
            execution("c", "SUCCEEDED", 30, 20),
        ]
        held.headers = {arn_of("a"): "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=1234567890abcdef;Sampled=1"}
        one(tmp_path)
        asked = {(each["executionArn"], each["includedData"]) for each in aws.asked("DescribeExecution")}
    assert asked == {(arn_of("a"), "METADATA_ONLY"), (arn_of("b"), "METADATA_ONLY")}
    assert rows(tmp_path, "SELECT * FROM raw.execution_traces") == [
        (arn_of("a"), "5759e988bd862e3fe1be46a994272793", MACHINE, NOW - timedelta(minutes=50), "00000|1|ABORTED")
    ]
    assert rows(tmp_path, "SELECT * FROM raw.touched WHERE kind = 'trace'") == [
        ("trace", "5759e988bd862e3fe1be46a994272793")
    ]


def line(number: int, kind: str, minutes_ago: float, **details: Any) -> dict[str, Any]:
    """One line of a state machine's log group."""
    return {
        "id": str(number),
        "type": kind,
        "details": {"input": SECRET, **details},
        "previous_event_id": str(number - 1),
        "event_timestamp": str(ms(minutes_ago)),
        "execution_arn": EXPRESS,
    }


def fill(aws: FakeAws) -> None:
    """An EXPRESS execution that failed, and lines that do not matter."""
    for number, (kind, details) in enumerate(
        [("ExecutionStarted", {"stateMachineVersionArn": f"{MACHINE}:4"}), ("TaskStateEntered", {"name": "Book"}),
         ("ExecutionFailed", {"error": "Card.Declined", "cause": SECRET})]
    ):  # fmt: skip
        aws.put(GROUP, "states/refunds/1", ms(30 - number), line(number + 1, kind, 30 - number, **details))


@pytest.mark.parametrize("by_groups", [False, True])
def test_express_executions_are_read_from_their_log_group(
    by_groups: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (aws, held):
        fill(aws)
        held.kind = "EXPRESS"
        arn = f"arn:aws:logs:{REGION}:111122223333:log-group:{GROUP}:*"
        held.logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
        groups = (GROUP,) if by_groups else ()
        outcome = collect(tmp_path, SOURCE, settings=settings(tmp_path, SOURCE, (MACHINE,), groups=groups))
        patterns = {each["filterPattern"] for each in aws.asked("FilterLogEvents")}
    done = by_scope(outcome)[f"{SOURCE} {GROUP if by_groups else MACHINE}"]
    assert [each.status for each in outcome.runs] == (["not_set_up", "ok"] if by_groups else ["ok"])
    assert (done.rows_new, done.skipped, patterns) == (2, 1, {'{ $.type = "Execution*" }'})
    assert rows(
        tmp_path,
        """SELECT execution_arn, record, state_machine_arn, version_arn, progress, error_type
           FROM raw.executions ORDER BY record""",
    ) == [
        (EXPRESS, "ended", MACHINE, None, "00000|1|FAILED", "Card.Declined"),
        (EXPRESS, "started", MACHINE, f"{MACHINE}:4", "00000|0|RUNNING", None),
    ]
    assert rows(
        tmp_path, "SELECT agent_id, agent_version, status, duration_ms, error_type, day::VARCHAR FROM mart.executions"
    ) == [("refund", "4", "failed", 120_000.0, "Card.Declined", "2026-11-20")]
    assert SECRET not in everything(tmp_path)


@pytest.mark.parametrize("level", ["OFF", "ERROR"])
def test_an_express_machine_that_does_not_log_everything_is_not_set_up(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (_, held):
        held.kind, held.logging = "EXPRESS", {"level": level}
        done = one(tmp_path)
    assert (done.status, f"logs at level {level}" in str(done.error_message)) == ("not_set_up", True)
    assert "level ALL" in str(done.remedy)


@pytest.mark.parametrize(
    "hosts", [(), ("helper-0123456789",), (MACHINE.replace(REGION, "eu-west-1"),), (MACHINE.replace("1111", "9999"),)]
)
def test_without_a_machine_here_nothing_is_asked(
    hosts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (aws, _):
        done = one(tmp_path, hosts)
        assert {name for name, _ in aws.seen} <= {"GetCallerIdentity"}
    assert (done.status, "state_machines" in str(done.remedy)) == ("not_set_up", True)


def test_machines_are_named_by_option_too_once_each_version_and_alias_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch) as (aws, _):
        options = {"state_machines": (MACHINE, f"{MACHINE}:live")}
        outcome = read(tmp_path, SOURCE, settings=settings(tmp_path, SOURCE, (MACHINE,), options=options))
        asked = [each["stateMachineArn"] for each in aws.asked("ListExecutions")]
    assert [each.status for each in outcome.runs] == ["ok", "ok"]
    assert asked == [MACHINE, f"{MACHINE}:live"]


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("DescribeStateMachine", "states:DescribeStateMachine"),
        ("ListExecutions", "states:ListExecutions"),
        ("GetExecutionHistory", "states:GetExecutionHistory"),
        ("DescribeExecution", "states:DescribeExecution"),
    ],
)
def test_a_denied_call_fails_and_names_its_action(
    operation: str, action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch, faults=[Fault(operation, "AccessDeniedException")]) as (_, held):
        held.definition = approval()
        held.executions, held.histories = [execution("a", "ABORTED", 50, 20)], {arn_of("a"): []}
        done = one(tmp_path)
    assert (done.status, done.error_code) == ("failed", "AccessDeniedException")
    assert action in str(done.remedy)
    assert rows(tmp_path, "SELECT * FROM ops.cursors") == []


def test_a_machine_that_does_not_exist_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with machines(monkeypatch):
        done = one(tmp_path, (MACHINE.replace("refunds", "gone"),))
    assert (done.status, done.error_code) == ("failed", "StateMachineDoesNotExist")
    assert "ledger.toml" in str(done.remedy)


def test_a_machine_without_executions_is_read_and_its_cursor_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(monkeypatch):
        done = one(tmp_path)
    assert (done.status, done.rows_read) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(NOW - timedelta(seconds=60),)]


def test_moto_gives_the_same(endpoint: str, tmp_path: Path) -> None:
    states = boto3.client("stepfunctions", region_name=REGION)
    machine = states.create_state_machine(
        name="refunds",
        definition=json.dumps({"StartAt": "A State", "States": {"A State": {"Type": "Pass", "End": True}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )["stateMachineArn"]
    running, stopped = (
        states.start_execution(stateMachineArn=machine, name=name, input="{}")["executionArn"] for name in "ab"
    )
    states.stop_execution(executionArn=stopped)
    now = states.describe_execution(executionArn=running)["startDate"].replace(tzinfo=None) + timedelta(minutes=30)
    hosts = settings(tmp_path, SOURCE, (machine,), options={"human_wait_states": ("A State",)})
    (done,) = read(tmp_path, SOURCE, now=now, settings=hosts).runs
    assert (done.status, done.rows_new, done.rejects) == ("ok", 2, 0)
    assert rows(tmp_path, "SELECT execution_arn, progress, transitions FROM raw.executions ORDER BY 1") == [
        (running, "00000|0|RUNNING", 1),
        (stopped, "00000|1|ABORTED", 1),
    ]
