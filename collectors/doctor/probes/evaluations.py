"""Online evaluations that do not run."""

from __future__ import annotations

from collectors.doctor.probe import Patient, Probe
from sql.finding import Finding

UNKNOWN = ("judge_score", "judge_agreement", "calibration")


def examine(patient: Patient) -> list[Finding]:
    """Look at the state of every configuration."""
    pages = patient.account.pages("bedrock-agentcore-control", "ListOnlineEvaluationConfigs")
    configs = [each for page in pages for each in page["onlineEvaluationConfigs"]]
    return [
        patient.finding(
            "evaluation_not_running",
            "warning",
            each.get("onlineEvaluationConfigName", each["onlineEvaluationConfigId"]),
            wrong="This evaluation judges nothing: it is switched off or failed.",
            evidence=f"status {each.get('status')}, executionStatus {each.get('executionStatus')}",
            unknown=UNKNOWN,
            fix="aws bedrock-agentcore-control update-online-evaluation-config --online-evaluation-config-id "
            f"{each['onlineEvaluationConfigId']} --execution-status ENABLED",
        )
        for each in configs
        if each.get("executionStatus") == "DISABLED" or str(each.get("status", "")).endswith("FAILED")
    ]


PROBE = Probe(
    key="evaluations",
    title="Online evaluations",
    actions=("bedrock-agentcore:ListOnlineEvaluationConfigs",),
    unknown=UNKNOWN,
    examine=examine,
)
