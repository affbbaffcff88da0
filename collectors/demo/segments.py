"""A task of the Lambda function as X-Ray sees it: a summary and segment documents."""

import json
from datetime import UTC, datetime
from typing import Any

from collectors.demo.facts import Task, ToolCall
from collectors.demo.records import span_id, uuid_of
from collectors.demo.shapes import ACCOUNT_ID
from collectors.demo.spanwriter import HANDLER_SPAN
from collectors.demo.world import SUPPLY

SERVICE_SEGMENT = HANDLER_SPAN + 1
FIRST_SUBSEGMENT = HANDLER_SPAN + 10
BEFORE_S = 0.045
AFTER_S = 0.02


def xray_id(task: Task) -> str:
    """The trace id in X-Ray's form."""
    return f"1-{task.trace[:8]}-{task.trace[8:]}"


def bounds(task: Task) -> tuple[float, float]:
    """Start and end of the trace in seconds since 1970."""
    return task.start_ns / 1e9 - BEFORE_S, task.end_ns / 1e9 + AFTER_S


def summary(task: Task) -> dict[str, Any]:
    """The trace's summary."""
    start, end = bounds(task)
    return {
        "Id": xray_id(task),
        "StartTime": datetime.fromtimestamp(start, UTC),
        "Duration": round(end - start, 3),
        "ResponseTime": round(end - start, 3),
        "HasFault": task.crashed,
        "HasError": False,
        "HasThrottle": False,
        "IsPartial": False,
        "Http": {},
        "Users": [],
        "Revision": 1,
        "Annotations": {"task_type": [{"AnnotationValue": {"StringValue": task.kind.name}}]},
        "ServiceIds": [{"Name": SUPPLY.name, "Type": "AWS::Lambda::Function", "AccountId": ACCOUNT_ID}],
        "ResourceARNs": [{"ARN": SUPPLY.arn}],
    }


def trace(task: Task) -> dict[str, Any]:
    """The whole trace: Lambda's own segment and the function's, which is the parent of the agent's span."""
    start, end = bounds(task)
    documents = [_service_segment(task, start, end), _function_segment(task)]
    return {
        "Id": xray_id(task),
        "Duration": round(end - start, 3),
        "LimitExceeded": False,
        "Segments": [{"Id": found["id"], "Document": json.dumps(found, separators=(",", ":"))} for found in documents],
    }


def _service_segment(task: Task, start: float, end: float) -> dict[str, Any]:
    return {
        "id": span_id(task, SERVICE_SEGMENT),
        "trace_id": xray_id(task),
        "name": SUPPLY.name,
        "origin": "AWS::Lambda",
        "start_time": round(start, 6),
        "end_time": round(end, 6),
        "resource_arn": SUPPLY.arn,
        "http": {"response": {"status": 500 if task.crashed else 200}},
        "aws": {"request_id": uuid_of(task.session), "account_id": ACCOUNT_ID},
        **({"fault": True} if task.crashed else {}),
    }


def _function_segment(task: Task) -> dict[str, Any]:
    tools = [tool for step in task.steps for tool in step.tools]
    segment: dict[str, Any] = {
        "id": span_id(task, HANDLER_SPAN),
        "trace_id": xray_id(task),
        "parent_id": span_id(task, SERVICE_SEGMENT),
        "name": SUPPLY.name,
        "origin": "AWS::Lambda::Function",
        "start_time": round(task.start_ns / 1e9 - 0.002, 6),
        "end_time": round(task.end_ns / 1e9 + 0.002, 6),
        "aws": {"function_arn": SUPPLY.arn, "account_id": ACCOUNT_ID, "resource_names": [SUPPLY.name]},
        "annotations": {
            "agent": SUPPLY.name,
            "agent_version": task.version,
            "environment": task.environment,
            "task_id": task.key,
            "task_type": task.kind.name,
        },
        "subsegments": [_request(task, tool, number) for number, tool in enumerate(tools)],
    }
    if task.crashed:
        segment |= {
            "fault": True,
            "cause": {"exceptions": [{"id": span_id(task, HANDLER_SPAN + 2), "type": "AgentRuntimeError"}]},
        }
    return segment


def _request(task: Task, tool: ToolCall, number: int) -> dict[str, Any]:
    """The HTTP request behind a tool call."""
    start = task.start_ns / 1e9 + (tool.at_ms + 1) / 1000
    found: dict[str, Any] = {
        "id": span_id(task, FIRST_SUBSEGMENT + number),
        "name": f"{tool.name.replace('_', '-')}.northwind.example",
        "namespace": "remote",
        "start_time": round(start, 6),
        "end_time": round(start + (tool.took_ms - 2) / 1000, 6),
        "http": {
            "request": {"method": "POST"},
            "response": {"status": {"ok": 200, "error": 422, "timeout": 504}[tool.outcome]},
        },
    }
    flags = {"error": {"error": True}, "timeout": {"fault": True}}
    return found | flags.get(tool.outcome, {})
