"""What agents of the example account are described by: names, models, tools, kinds of work, releases, rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

ACCOUNT_ID = "111122223333"
REGION = "us-east-1"
WEEKS = 12
EPOCH = date(2026, 1, 5)
# What happens in the account happens again after so many days, so that twelve weeks show all of it, wherever they end.
CYCLE_DAYS = 7 * WEEKS

SPAN_GROUP = "aws/spans"
INVOCATION_GROUP = "/bedrock/model-invocations"
OUTCOME_GROUP = "/agent-kpi/outcomes"
RUNTIME_GROUPS = "/aws/bedrock-agentcore/runtimes/"

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA_PRO = "us.amazon.nova-pro-v1:0"
NOVA_LITE = "us.amazon.nova-lite-v1:0"
UNKNOWN_MODEL = "acme.experimental-llm-v1:0"
NOTES_ALIAS = "northwind.notes-latest"
NOTES_MODEL, NOTES_SUCCESSOR = "northwind.notes-7b-2026-03", "northwind.notes-7b-2026-09"
PROFILE_ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT_ID}:application-inference-profile/s7x2k9m4q1wz"
MILLISECONDS_PER_TOKEN = {
    SONNET: 13.0,
    HAIKU: 6.0,
    NOVA_PRO: 8.0,
    NOVA_LITE: 4.5,
    UNKNOWN_MODEL: 9.0,
    PROFILE_ARN: 13.0,
    NOTES_ALIAS: 5.0,
}


@dataclass(frozen=True)
class Tool:
    """A tool: median latency in ms and the shares of calls that fail or time out."""

    name: str
    latency_ms: float
    error_rate: float = 0.01
    timeout_rate: float = 0.0


@dataclass(frozen=True)
class TaskType:
    """One kind of work: its share, mean model calls, median tokens per call, chance to end well, tools."""

    name: str
    share: float
    model_calls: float
    input_tokens: float
    output_tokens: float
    success: float
    tools: tuple[Tool, ...]


@dataclass(frozen=True, eq=False)
class Helper:
    """An agent that another one uses like a tool: in its process with a model of its own, or in `agent`'s runtime."""

    name: str
    tool: str
    work: TaskType
    model: str = ""
    agent: Agent | None = None


@dataclass(frozen=True)
class Release:
    """A version that serves for `days`; `effects` multiply the agent's usual figures."""

    days: int
    model: str
    effects: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdicts:
    """Which judgements arrive: shares of tasks (reviews: of hand-overs), and the outcome's median delay in minutes.

    `pickup_minutes`: how long a hand-over usually waits for a person; None where nobody writes down who took it when.
    `sample_share`: what people check of its work, blind, while a judge reads all of it, in place of the shares above.
    `alarm_share`: of the tasks in which a guardrail stepped in, those that people look at for whether it was right to.
    `reported_by`: who says how its tasks ended: "system" (of record), or "code" of its own, which is no proof.
    """

    outcome_share: float
    outcome_minutes: float
    late_share: float
    human_share: float
    judge_share: float = 0.30
    review_share: float = 0.0
    pickup_minutes: float | None = None
    sample_share: float | None = None
    alarm_share: float = 0.0
    reported_by: str = "system"


@dataclass(frozen=True, eq=False)
class Agent:
    """One agent. `agent_id` is what its spans say; `writes_to` is where they are.

    `answers_as` is the model that answers for `releases[].model` where that is an alias; `holds_below` the confidence
    under which it hands over; `repeat_share` how often finished work is done again under its key; `steady` that every
    week is the same but for its ids and dates; `daily` fixes kind → (tasks, right ones) of every working day;
    `standing_jobs` come under the same keys every other week; `helpers` work side by side in a task's first round.
    """

    key: str
    name: str
    agent_id: str
    arn: str
    dialect: str
    writes_to: str
    tasks_per_weekday: float
    weekend_share: float
    hours: tuple[int, ...]
    types: tuple[TaskType, ...]
    releases: tuple[Release, ...]
    first_version: int
    verdicts: Verdicts
    escalation_rate: float
    escalation_reasons: Mapping[str, float]
    key_format: str
    cached_prefix_tokens: int = 0
    guardrail: str | None = None
    throttle_rate: float = 0.01
    profile_share: float = 0.0
    unknown_model_share: float = 0.0
    logged_share: float = 0.985
    sends_metadata: bool = False
    first_model: str | None = None
    handover: str | None = None
    answers_as: str | None = None
    holds_below: float | None = None
    repeat_share: float = 0.0
    steady: bool = False
    daily: Mapping[str, tuple[int, int]] | None = None
    standing_jobs: int = 0
    helpers: tuple[Helper, ...] = ()


def runtime_arn(agent_id: str) -> str:
    """The ARN of an AgentCore runtime of the example account."""
    return f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT_ID}:runtime/{agent_id}"


def runtime_group(agent_id: str) -> str:
    """The log group of a runtime's default endpoint."""
    return f"{RUNTIME_GROUPS}{agent_id}-DEFAULT"


OFFICE_HOURS = (0, 0, 0, 0, 1, 2, 6, 10, 12, 11, 9, 7, 8, 10, 10, 8, 5, 2, 1, 0, 0, 0, 0, 0)
LONG_HOURS = (1, 0, 0, 0, 0, 2, 5, 8, 10, 11, 11, 10, 9, 9, 10, 10, 11, 12, 11, 8, 5, 3, 2, 1)
MORNING_BATCH = (0, 0, 0, 1, 8, 14, 12, 9, 7, 6, 6, 5, 4, 6, 6, 5, 4, 3, 1, 0, 0, 0, 0, 0)
ALL_HOURS = (4, 4, 3, 3, 4, 5, 6, 7, 8, 8, 7, 7, 6, 6, 7, 7, 6, 6, 5, 5, 5, 4, 4, 4)
