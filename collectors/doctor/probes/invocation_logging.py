"""Whether Bedrock logs model invocations, and whether the records are whole."""

from __future__ import annotations

from collectors.doctor.probe import Patient, Probe
from sql.finding import Finding

UNKNOWN = ("spend", "cost_per_task", "cost_per_success", "token_mix", "throttle_rate")
BODIES = ("guardrail_intervention_rate", "model_latency")
CONSOLE = "Bedrock console > Settings > Model invocation logging"


def examine(patient: Patient) -> list[Finding]:
    """Ask for the one configuration of the region."""
    answer = patient.account.call("bedrock", "GetModelInvocationLoggingConfiguration")
    config = answer.get("loggingConfig") or {}
    if not (config.get("cloudWatchConfig") or config.get("s3Config")):
        return [
            patient.finding(
                "invocation_logging_off",
                "error",
                "model invocation logging",
                wrong="Bedrock does not log model calls here. Calls made before it is switched on are lost for good.",
                evidence="GetModelInvocationLoggingConfiguration names no destination",
                unknown=UNKNOWN,
                fix=f"{CONSOLE}: switch it on, with CloudWatch Logs or S3 as destination.",
            )
        ]
    if not config.get("textDataDeliveryEnabled"):
        return [
            patient.finding(
                "invocation_text_off",
                "warning",
                "model invocation logging",
                wrong="Bodies are cut from the records: no stop reason, latency or guardrail trace.",
                evidence=f"textDataDeliveryEnabled is {config.get('textDataDeliveryEnabled', False)}".lower(),
                unknown=BODIES,
                fix=f"{CONSOLE}: choose Text among the data types; this ledger never keeps the texts.",
            )
        ]
    return []


PROBE = Probe(
    key="invocation_logging",
    title="Model invocation logging",
    actions=("bedrock:GetModelInvocationLoggingConfiguration",),
    unknown=UNKNOWN,
    examine=examine,
)
