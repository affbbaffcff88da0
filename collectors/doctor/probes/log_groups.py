"""What the log groups of agents are like: readable, kept long enough, and in which of the two delivery modes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from collectors.aws import Page
from collectors.doctor.probe import Patient, Probe
from collectors.logs import fetch_groups
from sql.finding import Finding

SHARED = "aws/spans"
RUNTIMES = "/aws/bedrock-agentcore/runtimes/"
PREFIXES = (SHARED, "/aws/bedrock-agentcore/", "/aws/vendedlogs/bedrock-agentcore/")
UNKNOWN = ("task_volume", "success_rate", "error_rate", "task_latency", "cost_per_task")
LEAST_KEPT = timedelta(days=7)


def examine(patient: Patient) -> list[Finding]:
    """Look at every group once; a runtime without the stream `spans` writes to the shared group."""
    pages = (page for prefix in PREFIXES for page in fetch_groups(patient.account, prefix))
    groups = {each["logGroupName"]: each for page in pages for each in page["logGroups"]}
    found = [each for group in groups.values() for each in _of_group(patient, group)]
    return found + _modes(patient, groups)


def _of_group(patient: Patient, group: Page) -> Iterable[Finding]:
    name, kind, days = group["logGroupName"], group.get("logGroupClass", "STANDARD"), group.get("retentionInDays")
    if kind != "STANDARD":
        yield patient.finding(
            "log_class_unreadable",
            "error",
            name,
            wrong="Log groups of this class cannot be read by FilterLogEvents, and the class of a group is fixed.",
            evidence=f"logGroupClass {kind}",
            unknown=UNKNOWN,
            fix=f"Send the logs to a new group: aws logs create-log-group --log-group-name {name}-standard "
            "--log-group-class STANDARD",
        )
    if days is not None and timedelta(days=days) < LEAST_KEPT:
        yield patient.finding(
            "retention_short",
            "warning",
            name,
            wrong="AWS deletes these records so soon that an outage of the collector, or late records, lose data.",
            evidence=f"retentionInDays {days}, less than {LEAST_KEPT.days}",
            unknown=UNKNOWN,
            fix=f"aws logs put-retention-policy --log-group-name {name} --retention-in-days 30",
        )


def _modes(patient: Patient, groups: dict[str, Page]) -> list[Finding]:
    runtimes = sorted(name for name in groups if name.startswith(RUNTIMES))
    split = [name for name in runtimes if not _has_spans(patient, name)]
    if split and SHARED not in groups:
        return [
            patient.finding(
                "split_without_shared_group",
                "error",
                name,
                wrong="This agent has no stream of spans of its own, and the group aws/spans does not exist.",
                evidence="no stream named spans in its group; no log group aws/spans",
                unknown=UNKNOWN,
                fix="Turn on Transaction Search (aws xray update-trace-segment-destination --destination "
                "CloudWatchLogs), or set UNIFIED_TRACES_DESTINATION_ENABLED=true (aws-opentelemetry-distro>=0.18.0).",
            )
            for name in split
        ]
    if split and len(split) < len(runtimes):
        return [
            patient.finding(
                "both_delivery_modes",
                "info",
                RUNTIMES,
                wrong="Some agents write spans to their own group (unified), others to aws/spans (split).",
                evidence=f"split: {', '.join(split)}",
                unknown=(),
                fix="None needed, while span_logs is switched on: it reads both and counts every span once.",
            )
        ]
    return []


def _has_spans(patient: Patient, group: str) -> bool:
    pages = patient.account.pages("logs", "DescribeLogStreams", logGroupName=group, logStreamNamePrefix="spans")
    return any(stream["logStreamName"] == "spans" for page in pages for stream in page["logStreams"])


PROBE = Probe(
    key="log_groups",
    title="Log groups",
    actions=("logs:DescribeLogGroups", "logs:DescribeLogStreams"),
    unknown=UNKNOWN,
    examine=examine,
)
