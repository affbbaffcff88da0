"""Lambda report lines: what each invocation of an agent's function took and used, in both log formats of Lambda.

Only lines that report are handed over; what a function itself logs is left where it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from collectors.aws import UNKNOWN_ACCOUNT, Account, Page
from collectors.errors import NotFound, NotSetUp
from collectors.landing import Landing
from collectors.logs import fetch_events
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source
from sql.warehouse import Scope

KEY = "lambda_reports"
DEFAULT_PREFIX = "/aws/lambda/"
FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]{1,64})(?::[^:]+)?")
FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# The stream of a function's own group, and of a group that several functions share: there the name stands first.
STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/([A-Za-z0-9_-]*)\[([^\]]+)\]")
TEXT_REPORT, JSON_REPORT = "REPORT RequestId:", '"platform.report"'
PATTERN = f'?"{TEXT_REPORT}" ?"platform.report"'
HOW = (
    "Name the function (name or ARN) in `hosts` of the agent's contract in ledger.toml, or in `functions` of "
    "[sources.lambda_reports]."
)


@dataclass
class Function:
    """A function whose reports are read. `heads` keeps what each of its streams says of itself."""

    name: str
    group: str
    architecture: str
    heads: dict[str, str | None] = field(default_factory=dict)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The functions of this account and region that are named."""
    named = (*settings.hosts, *settings.options.get("functions", ()))
    names = [name for name in dict.fromkeys(_name_here(host, account) for host in named) if name]
    if not names:
        raise NotSetUp(f"No agent is declared to run on a Lambda function in {account.region}.", HOW)
    return [Scope(KEY, account.account_id, account.region, name) for name in names]


def fetch_configuration(account: Account, name: str) -> Page:
    """A function's configuration, its environment variables included: see parse_configuration."""
    return account.call("lambda", "GetFunctionConfiguration", FunctionName=name)


def parse_configuration(name: str, answer: Page) -> Function:
    """Where the function logs and on which processor it runs; everything else, the environment first, is dropped."""
    group = (answer.get("LoggingConfig") or {}).get("LogGroup")
    architectures = answer.get("Architectures") or ["x86_64"]
    return Function(name, str(group or DEFAULT_PREFIX + name), str(architectures[0]))


def hand_over(page: Page, function: Function, landing: Landing) -> None:
    """Put the reports of one page into the spool; other lines, and those of other functions, are skipped."""
    for event in page["events"]:
        text = str(event.get("message") or "").strip()
        is_text = text.startswith(TEXT_REPORT)
        if not is_text and not (text.startswith("{") and JSON_REPORT in text):
            landing.skip("other_line")
            continue
        head = _head(function, str(event.get("logStreamName") or ""))
        if head is None:
            landing.skip("other_function")
            continue
        landing.record(
            f'{head},"line":{json.dumps(text)}}}' if is_text else f'{head},"report":{text}}}',
            at_ms=event.get("timestamp"),
            ingested_ms=event.get("ingestionTime"),
            event_id=str(event.get("eventId") or ""),
            group=function.group,
        )


def collect(reading: Reading) -> None:
    """Read one window of one function. Raises NotSetUp where there is no such function, or no log of it yet."""
    account, name = reading.account, reading.scope.name
    try:
        function = parse_configuration(name, fetch_configuration(account, name))
    except NotFound as error:
        raise NotSetUp(
            f"There is no Lambda function {name} in {account.region}.",
            "Nothing to do if this host is of another kind; else correct its name in ledger.toml.",
        ) from error
    try:
        for page in fetch_events(account, function.group, reading.window, pattern=PATTERN):
            hand_over(page, function, reading.landing)
    except NotFound as error:
        raise NotSetUp(
            f"There is no log group {function.group}: the function {name} has not run, or may not write its log.",
            "Let the function's role create and write its log group (AWSLambdaBasicExecutionRole).",
        ) from error


def _name_here(host: str, account: Account) -> str | None:
    """The function that a host means in this account and region."""
    if FUNCTION_NAME.fullmatch(host):
        return host
    found = FUNCTION_ARN.fullmatch(host)
    if found is None or found[1] != account.region or account.account_id not in (found[2], UNKNOWN_ACCOUNT):
        return None
    return found[3]


def _head(function: Function, stream: str) -> str | None:
    """The beginning of a record: whose report it is. None where the stream is another function's."""
    if stream not in function.heads:
        found = STREAM.match(stream)
        owner = found[1] if found else ""
        is_own = owner == function.name if owner else function.group == DEFAULT_PREFIX + function.name
        facts: dict[str, Any] = {"function": function.name, "version": found[2] if found else None}
        text = json.dumps(facts | {"architecture": function.architecture}).removesuffix("}")
        function.heads[stream] = text if is_own else None
    return function.heads[stream]


SOURCE = Source(
    key=KEY,
    title="Lambda reports",
    feeds=("lambda_reports",),
    actions=(
        Grant(("lambda:GetFunctionConfiguration",), ("arn:aws:lambda:*:*:function:*",)),
        Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:/aws/lambda/*:*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=1),
    about=About(
        reads="The report that Lambda writes at the end of each invocation to the log group of the functions that "
        "contracts name as hosts, as text or as a JSON record. What a function itself logs is not kept.",
        feeds="The table lambda_invocations: duration, billed time, memory, cold starts, timeouts and estimated cost "
        "of the computing below an agent. Without it that cost is unknown.",
        cost="FilterLogEvents is free; CloudWatch charges for the ingestion of the log itself.",
        lag="Seconds to minutes; the last hour is read again every time.",
        switch_on="Name the function in hosts of the agent's contract. A function that logs to a group other than "
        "/aws/lambda/<name> needs logs:FilterLogEvents on that group.",
    ),
    options=(Option("functions", "texts", "Names or ARNs of functions besides those that contracts name as hosts."),),
)
