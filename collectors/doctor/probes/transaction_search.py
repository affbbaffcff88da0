"""Whether spans go to CloudWatch Logs (Transaction Search), and how many traces X-Ray indexes."""

from __future__ import annotations

from collectors.aws import Page
from collectors.doctor.probe import Patient, Probe
from collectors.logs import group_names
from sql.finding import Finding

UNKNOWN = ("task_volume", "success_rate", "error_rate", "task_latency", "cost_per_task", "tool_reliability")
SWITCH_ON = "aws xray update-trace-segment-destination --destination CloudWatchLogs"


def examine(patient: Patient) -> list[Finding]:
    """Ask where segments go, and if to the logs, what share is indexed."""
    answer = patient.account.call("xray", "GetTraceSegmentDestination")
    destination, status = answer.get("Destination"), answer.get("Status")
    seen = f"Destination {destination}, Status {status}"
    if destination != "CloudWatchLogs" and "aws/spans" in group_names(patient.account, "aws/spans"):
        return [_off_with_group(patient, seen)]
    if destination != "CloudWatchLogs":
        wrong = "Transaction Search is off: spans of agents are not written to log groups."
        return [_finding(patient, "transaction_search_off", wrong, seen, SWITCH_ON)]
    if status != "ACTIVE":
        wrong = "Transaction Search is not active yet: spans are lost until it is."
        fix = "Wait, then: aws xray get-trace-segment-destination. If it stays pending, check the logs "
        return [
            _finding(
                patient, "transaction_search_pending", wrong, seen, f"{fix}resource policy for xray.amazonaws.com."
            )
        ]
    rules = (each for page in patient.account.pages("xray", "GetIndexingRules") for each in page["IndexingRules"])
    return [_indexed(patient, rule) for rule in rules if _share(rule) is not None and (_share(rule) or 0) < 100]


def _finding(patient: Patient, code: str, wrong: str, seen: str, fix: str) -> Finding:
    return patient.finding(code, "error", "Transaction Search", wrong=wrong, evidence=seen, unknown=UNKNOWN, fix=fix)


def _off_with_group(patient: Patient, seen: str) -> Finding:
    return patient.finding(
        "transaction_search_off",
        "warning",
        "Transaction Search",
        wrong="Transaction Search is off, though its log group aws/spans exists: only spans sent another way come.",
        evidence=f"{seen}; log group aws/spans exists",
        unknown=(),
        fix=SWITCH_ON,
    )


def _share(rule: Page) -> float | None:
    """Per cent of the traces that are indexed."""
    share = rule.get("Rule", {}).get("Probabilistic", {}).get("DesiredSamplingPercentage")
    return None if share is None else float(share)


def _indexed(patient: Patient, rule: Page) -> Finding:
    return patient.finding(
        "xray_indexes_a_share",
        "info",
        f"indexing rule {rule.get('Name', 'Default')}",
        wrong="X-Ray indexes only a share of the traces. Numbers here come from the logs, which have all of them; "
        "only a search in X-Ray finds few.",
        evidence=f"DesiredSamplingPercentage {_share(rule):g}",
        unknown=(),
        fix="None needed. To find every trace in X-Ray too (charged): CloudWatch > Settings > X-Ray traces > "
        "Transaction Search > edit the percentage.",
    )


PROBE = Probe(
    key="transaction_search",
    title="Transaction Search",
    actions=("xray:GetTraceSegmentDestination", "xray:GetIndexingRules", "logs:DescribeLogGroups"),
    unknown=UNKNOWN,
    examine=examine,
)
