"""Step Functions: the executions of the state machines that agents run on, and their waits for people.

SUCCEEDED says that a machine reached its end, never that the task was done well: no verdict is made from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collectors.aws import UNKNOWN_ACCOUNT, Account, Page
from collectors.errors import AwsRefused, BadSetting, NotSetUp
from collectors.human_waits import naive, read_waits, transitions, waiting_states
from collectors.logs import group_keeps, read_group
from collectors.segments import w3c_trace_id
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source
from collectors.toml import DURATION, UNITS
from sql.warehouse import Scope

KEY = "step_functions"
EXECUTIONS_PER_PAGE = EVENTS_PER_PAGE = 1000
# How long an execution may run and still be listed when it ends: ListExecutions takes no time, so everything that began
# later is listed again. A day is how long the ledger waits for any task; people also take a weekend.
LONGEST_RUN, LONGEST_RUN_WITH_PEOPLE = timedelta(days=1), timedelta(days=7)
HISTORY_KEPT = timedelta(days=90)
MACHINE = re.compile(r"arn:aws[a-z-]*:states:([a-z0-9-]+):(\d{12}):stateMachine:[^:/]+(?::[^:/]+)?")
TRACE_ROOT = re.compile(r"(?:^|;)\s*Root=([^;]+)")
LIFECYCLE = '{ $.type = "Execution*" }'
NEVER = datetime(9999, 12, 31)  # noqa: DTZ001 - naive UTC everywhere
RUNNING, CANCELLED = ("RUNNING", "PENDING_REDRIVE"), "ABORTED"
HOW = (
    "Name the state machine's ARN in `hosts` of the agent's contract in ledger.toml, or in `state_machines` of "
    "[sources.step_functions]."
)
HOW_TO_LOG = (
    "In the Step Functions console: the state machine, Edit, Logging, level ALL to a CloudWatch log group (without "
    "execution data). Lines of another group: name it in `groups` of [sources.step_functions]."
)


@dataclass(frozen=True)
class Machine:
    """What is kept of a state machine's description. `waits_in` are the states where it waits for people."""

    arn: str
    express: bool
    log_group: str | None
    log_level: str
    waits_in: frozenset[str]


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The state machines of this account and region that are named, and the log groups that are."""
    named = (*settings.hosts, *settings.options.get("state_machines", ()))
    machines = [arn for arn in dict.fromkeys(named) if _is_here(arn, account)]
    if not machines and not settings.groups:
        raise NotSetUp(f"No agent is declared to run on a state machine in {account.region}.", HOW)
    return [Scope(KEY, account.account_id, account.region, name) for name in (*machines, *settings.groups)]


def fetch_machine(account: Account, arn: str) -> Page:
    """One state machine with its definition, which may hold data: see parse_machine."""
    return account.call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)


def parse_machine(answer: Page, settings: SourceSettings) -> Machine:
    """What matters of it. The definition is looked through for task tokens and dropped."""
    logging = answer.get("loggingConfiguration") or {}
    places = [each.get("cloudWatchLogsLogGroup") or {} for each in logging.get("destinations") or []]
    arn = next((str(each["logGroupArn"]) for each in places if each.get("logGroupArn")), "")
    return Machine(
        arn=str(answer["stateMachineArn"]),
        express=answer.get("type") == "EXPRESS",
        log_group=arn.removesuffix(":*").partition(":log-group:")[2] or None,
        log_level=str(logging.get("level") or "OFF"),
        waits_in=waiting_states(str(answer.get("definition")), settings.options.get("human_wait_states", ())),
    )


def fetch_executions(account: Account, arn: str) -> Iterator[Page]:
    """Pages of a machine's executions, newest first; there is no filter by time."""
    return account.pages("stepfunctions", "ListExecutions", stateMachineArn=arn, maxResults=EXECUTIONS_PER_PAGE)


def fetch_history(account: Account, execution_arn: str) -> Iterator[Page]:
    """Pages of one execution's events, without what went in and out."""
    return account.pages(
        "stepfunctions",
        "GetExecutionHistory",
        executionArn=execution_arn,
        maxResults=EVENTS_PER_PAGE,
        includeExecutionData=False,
    )


def fetch_trace_header(account: Account, execution_arn: str) -> Page:
    """One execution without what went in and out, for the trace header it was given."""
    return account.call("stepfunctions", "DescribeExecution", executionArn=execution_arn, includedData="METADATA_ONLY")


def parse_execution(execution: dict[str, Any]) -> dict[str, Any]:
    """A row of the feed executions."""
    return {
        "execution_arn": execution["executionArn"],
        "status": execution.get("status"),
        "started_at": naive(execution["startDate"]),
        "ended_at": naive(execution["stopDate"]) if execution.get("stopDate") else None,
        "redrives": execution.get("redriveCount"),
        "version_arn": execution.get("stateMachineVersionArn"),
        "alias_arn": execution.get("stateMachineAliasArn"),
    }


def parse_trace_header(answer: Page) -> str | None:
    """The W3C trace id of an execution's trace header."""
    found = TRACE_ROOT.search(str(answer.get("traceHeader") or ""))
    return None if found is None else w3c_trace_id(found[1])


def collect(reading: Reading) -> None:
    """Read one window of one machine, or of one log group. Raises NotSetUp for an EXPRESS machine that logs nothing."""
    name = reading.scope.name
    if not MACHINE.fullmatch(name):
        read_group(reading.account, name, reading.window, reading.landing, pattern=LIFECYCLE)
        return
    try:
        machine = parse_machine(fetch_machine(reading.account, name), reading.settings)
    except AwsRefused as error:
        raise _missing(name, error) from error
    if machine.express:
        _read_logs(reading, machine)
    else:
        _read_executions(reading, machine)


def longest_run(machine: Machine, settings: SourceSettings) -> timedelta:
    """How far before the window executions are listed that may have ended in it. Raises BadSetting."""
    given = settings.options.get("longest_run")
    if given is None:
        return LONGEST_RUN_WITH_PEOPLE if machine.waits_in else LONGEST_RUN
    match = DURATION.fullmatch(given)
    if match is None:
        raise BadSetting(
            f"longest_run in [sources.{KEY}] of ledger.toml is {given!r}.", "Write a duration such as 12h or 3d."
        )
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def keeps(account: Account, scope: Scope) -> timedelta | None:
    """How long AWS keeps executions, or the records of a log group."""
    return HISTORY_KEPT if MACHINE.fullmatch(scope.name) else group_keeps(account, scope)


def _is_here(arn: str, account: Account) -> bool:
    found = MACHINE.fullmatch(arn)
    return found is not None and found[1] == account.region and account.account_id in (found[2], UNKNOWN_ACCOUNT)


def _read_logs(reading: Reading, machine: Machine) -> None:
    """An EXPRESS machine keeps no list: its log group says what ran, if it logs everything."""
    if reading.settings.groups:
        raise NotSetUp(
            f"{machine.arn} is an EXPRESS machine, of which AWS keeps no list of executions.",
            "Nothing to do: the log groups named in ledger.toml are read instead.",
        )
    if machine.log_group is None or machine.log_level != "ALL":
        raise NotSetUp(
            f"{machine.arn} is an EXPRESS machine and logs at level {machine.log_level}: executions that went well "
            "leave no trace.",
            HOW_TO_LOG,
        )
    read_group(reading.account, machine.log_group, reading.window, reading.landing, pattern=LIFECYCLE)


def _read_executions(reading: Reading, machine: Machine) -> None:
    """Every execution that was active in the window, newest first; what still runs is waited for."""
    window, oldest = reading.window, reading.window.start - longest_run(machine, reading.settings)
    for page in fetch_executions(reading.account, reading.scope.name):
        for execution in page["executions"]:
            began = naive(execution["startDate"])
            if began < oldest:
                return
            if began < window.end and _last_change(execution) >= window.start:
                _hand_over(reading, machine, parse_execution(execution))


def _last_change(execution: dict[str, Any]) -> datetime:
    """When an execution changed last; one that has not ended may change now."""
    if execution.get("status") in RUNNING or not execution.get("stopDate"):
        return NEVER
    return naive(max(execution["stopDate"], execution.get("redriveDate") or execution["stopDate"]))


def _hand_over(reading: Reading, machine: Machine, row: dict[str, Any]) -> None:
    """One execution with its waits, and the trace it belongs to where it was stopped."""
    account, landing = reading.account, reading.landing
    if row["status"] in RUNNING:
        landing.wait_for(row["started_at"])
    if machine.waits_in:
        history = [event for page in fetch_history(account, row["execution_arn"]) for event in page["events"]]
        row |= {"transitions": transitions(history)}
        for wait in read_waits(row["execution_arn"], history, machine.waits_in):
            landing.row(wait, feed="human_waits")
    landing.row(row)
    if row["status"] == CANCELLED or row["redrives"]:
        trace_id = parse_trace_header(fetch_trace_header(account, row["execution_arn"]))
        if trace_id is not None:
            kept = {name: row[name] for name in ("execution_arn", "status", "redrives", "started_at")}
            landing.row({**kept, "trace_id": trace_id}, feed="execution_traces")


def _missing(arn: str, error: AwsRefused) -> AwsRefused:
    """Say so where the machine that is named does not exist."""
    if error.code != "StateMachineDoesNotExist":
        return error
    return AwsRefused(f"There is no state machine {arn}.", "Correct or remove it in ledger.toml.", code=error.code)


SOURCE = Source(
    key=KEY,
    title="Step Functions executions",
    feeds=("executions", "human_waits", "execution_traces"),
    actions=(
        Grant(
            (
                "states:DescribeStateMachine",
                "states:ListExecutions",
                "states:GetExecutionHistory",
                "states:DescribeExecution",
            ),
            ("arn:aws:states:*:*:stateMachine:*", "arn:aws:states:*:*:execution:*"),
        ),
        Grant(("logs:DescribeLogGroups",)),
        Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:/aws/vendedlogs/states/*:*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(minutes=30),
    longest=timedelta(days=30),
    keeps=keeps,
    about=About(
        reads="Executions of the state machines that contracts name as hosts: the list that AWS keeps of STANDARD "
        "machines, the log group of EXPRESS ones. For machines with an approval state also the history of each "
        "execution that ran in the window, without its inputs and outputs.",
        feeds="The tables executions and human_waits (and, as hand-overs, pickup_time and waiting_handovers), and the "
        "status cancelled of a task whose trace begins with an execution that was aborted. Without it nobody sees how "
        "long people let an agent wait.",
        cost="The calls are free. Quotas: one ListExecutions per 1,000 executions, and one GetExecutionHistory per "
        "execution of a machine with an approval state.",
        lag="Seconds. Executions that began up to a day before the window (seven days where people are waited for; "
        "longest_run) are listed again every time.",
        switch_on="Name the state machine's ARN in hosts of the agent's contract. EXPRESS machines must log at level "
        "ALL to a CloudWatch log group.",
    ),
    takes_groups=True,
    options=(
        Option("state_machines", "texts", "ARNs of state machines besides those that contracts name as hosts."),
        Option("human_wait_states", "texts", "States in which people are waited for; else all that use a task token."),
        Option("longest_run", "text", "How long an execution may run, such as 3d: so far back it is listed again."),
    ),
)
