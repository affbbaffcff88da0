"""What agents run on, for the fake AWS: state machines with executions and histories, functions, and retrieval jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collectors.settings import Settings, SourceSettings
from sql.config import ConfigTables, Contract
from tests.collectors.fake_aws import ACCOUNT_ID, Answer, Body, FakeAws
from tests.collectors.support import REGION, ms

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:refunds"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:refund-tools"
SECRET = "the-customers-iban"


def settings(home: Path, source: str, hosts: tuple[str, ...] = (), **more: Any) -> Settings:
    """Settings in which one agent runs on these hosts. `more`: fields of the source's own settings."""
    return Settings(
        home=home,
        sources={source: SourceSettings(hosts=hosts, **more)},
        tables=ConfigTables(
            org={"timezone": "UTC"}, contracts=(Contract(agent_id="refund", agent_name="Refund Desk", hosts=hosts),)
        ),
    )


def seconds(minutes_ago: float) -> float:
    """Epoch seconds of that many minutes before NOW."""
    return ms(minutes_ago) / 1000


def arn_of(name: str) -> str:
    """An execution of the machine."""
    return MACHINE.replace(":stateMachine:", ":execution:") + f":{name}"


def execution(name: str, status: str, began: float, ended: float | None = None, **more: Any) -> Body:
    """One entry of ListExecutions; times in minutes before NOW."""
    stop = {} if ended is None else {"stopDate": seconds(ended)}
    start = {"executionArn": arn_of(name), "name": name, "stateMachineArn": MACHINE, "startDate": seconds(began)}
    return {**start, "status": status, **stop, **more}


def approval(*, nested: bool = False) -> str:
    """A definition with an approval state, alone or inside a parallel branch and a map, and with data in it."""
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"MessageBody": SECRET},
        "End": True,
    }
    machine = {"StartAt": "Approve", "States": {"Approve": wait, "Book": {"Type": "Task", "Resource": FUNCTION}}}
    if nested:
        inner = {"Type": "Map", "ItemProcessor": machine}
        return json.dumps({"States": {"Both": {"Type": "Parallel", "Branches": [{"States": {"Each": inner}}]}}})
    return json.dumps(machine)


def happened(number: int, before: int, kind: str, minutes_ago: float, **details: Any) -> Body:
    """One event of a history."""
    return {"id": number, "previousEventId": before, "type": kind, "timestamp": seconds(minutes_ago), **details}


def asked_for_approval(began: float, number: int = 1, state: str = "Approve") -> list[Body]:
    """The events of a state that hands out a task token."""
    resource = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken", "region": REGION, "parameters": "{}"}
    return [
        happened(number + 1, number, "TaskStateEntered", began, stateEnteredEventDetails={"name": state}),
        happened(number + 2, number + 1, "TaskScheduled", began, taskScheduledEventDetails=resource),
        happened(number + 3, number + 2, "TaskStarted", began),
        happened(number + 4, number + 3, "TaskSubmitted", began),
    ]


@dataclass
class Machines:
    """State machines as Step Functions answers for them. Executions in any order; they are listed newest first."""

    aws: FakeAws
    executions: list[Body] = field(default_factory=list)
    histories: dict[str, list[Body]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "STANDARD"
    definition: str = '{"States": {}}'
    logging: Body = field(default_factory=lambda: {"level": "OFF"})

    def answers(self) -> dict[str, Answer]:
        """For FakeAws.answers."""
        return {
            "DescribeStateMachine": self._machine,
            "ListExecutions": self._list,
            "GetExecutionHistory": self._history,
            "DescribeExecution": self._describe,
        }

    def _machine(self, asked: Body) -> tuple[int, Body]:
        if asked["stateMachineArn"].split(":")[6] != "refunds":
            return 400, {"__type": "StateMachineDoesNotExist", "message": "no such machine"}
        return 200, {
            "stateMachineArn": asked["stateMachineArn"],
            "name": "refunds",
            "type": self.kind,
            "definition": self.definition,
            "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/machine",
            "creationDate": 1.0,
            "loggingConfiguration": self.logging,
        }

    def _list(self, asked: Body) -> tuple[int, Body]:
        if self.kind == "EXPRESS":
            return 400, {"__type": "StateMachineTypeNotSupported", "message": "not supported by EXPRESS"}
        found = sorted(self.executions, key=lambda each: -each["startDate"])
        return self.aws.paged(found, asked, "executions")

    def _history(self, asked: Body) -> tuple[int, Body]:
        assert asked["includeExecutionData"] is False
        return self.aws.paged(self.histories[asked["executionArn"]], asked, "events")

    def _describe(self, asked: Body) -> tuple[int, Body]:
        found = next(each for each in self.executions if each["executionArn"] == asked["executionArn"])
        header = self.headers.get(asked["executionArn"])
        hidden = {} if asked.get("includedData") == "METADATA_ONLY" else {"input": SECRET}
        return 200, {**found, **hidden, **({"traceHeader": header} if header else {})}


@dataclass
class Jobs:
    """Retrieval jobs: each token goes through `states`, one a look, and then gives pages of five traces, some empty."""

    aws: FakeAws
    traces: dict[str, list[str]] = field(default_factory=dict)
    states: tuple[str, ...] = ("SCHEDULED", "RUNNING")
    end: str = "COMPLETE"
    jobs: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def answers(self) -> dict[str, Answer]:
        """For FakeAws.answers."""
        return {"StartTraceRetrieval": self._start, "ListRetrievedTraces": self._list}

    def _start(self, asked: Body) -> tuple[int, Body]:
        if len(asked["TraceIds"]) > 100:
            return 400, {"__type": "InvalidRequestException", "message": "too many ids"}
        token = f"job-{len(self.jobs)}"
        self.jobs[token] = ([*self.states], [each for each in asked["TraceIds"] if each in self.traces])
        return 200, {"RetrievalToken": token}

    def _list(self, asked: Body) -> tuple[int, Body]:
        waiting, found = self.jobs[asked["RetrievalToken"]]
        if waiting:
            return 200, {"RetrievalStatus": waiting.pop(0), "TraceFormat": asked["TraceFormat"], "Traces": []}
        if self.end != "COMPLETE":
            return 200, {"RetrievalStatus": self.end, "TraceFormat": asked["TraceFormat"], "Traces": []}
        traces = [
            {"Id": each, "Duration": 1.0, "Spans": [{"Id": f"{n}", "Document": text} for n, text in enumerate(spans)]}
            for each, spans in self.traces.items()
            if each in found
        ]
        status, page = self.aws.paged(traces, asked, "Traces", "NextToken")
        return status, {"RetrievalStatus": "COMPLETE", "TraceFormat": asked["TraceFormat"], **page}
