"""What goes wrong in the example account, each declared once: the generator, the documents and the tests read it here.

A day is counted from the first of a cycle of twelve weeks; every cycle brings the same incidents, so that whatever
twelve weeks the account shows hold each of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from collectors.demo.shapes import CYCLE_DAYS, EPOCH, NOTES_MODEL, NOTES_SUCCESSOR

Kind = Literal[
    "accuracy",
    "prompt",
    "latency",
    "tool_outage",
    "mix",
    "model_alias",
    "no_hand_over",
    "judge_errors",
    "volume",
    "success",
    "escalation",
    "tool_failure",
    "throttle",
]


@dataclass(frozen=True)
class Incident:
    """From `first_day` of each cycle on, for `days` days, one thing about one agent is otherwise.

    `agent` is the key of an agent. `factor` multiplies a figure where the kind is one; `with_release` says that a new
    version goes live on the first day. `kpi` and `slice` name the number that moves; `seen_as` says how far, in words.
    """

    id: str
    kind: Kind
    agent: str
    first_day: int
    days: int
    factor: float = 1.0
    title: str = ""
    kpi: str = ""
    slice: str = ""
    seen_as: str = ""
    cause: str = ""
    with_release: bool = False
    task_type: str | None = None
    tool: str | None = None
    models: tuple[str, str] | None = None
    daily: Mapping[str, tuple[int, int]] | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the incident lasts on that UTC day."""
        return 0 <= (day - EPOCH).days % CYCLE_DAYS - self.first_day < self.days


INCIDENTS: tuple[Incident, ...] = (
    Incident(
        id="accuracy_halved",
        kind="accuracy",
        agent="invoice",
        first_day=49,
        days=21,
        factor=0.5,
        title="A new version halves accuracy in one kind of task",
        kpi="accuracy",
        seen_as="Of what would have been right, every second task is wrong; other kinds of task are as before.",
        cause="The version that goes live on the first day; the one after it mends it.",
        with_release=True,
        task_type="invoice_without_po",
    ),
    Incident(
        id="longer_prompts",
        kind="prompt",
        agent="outreach",
        first_day=42,
        days=28,
        factor=2.0,
        title="Cost jumps because prompts got longer",
        kpi="cost_per_task",
        seen_as="Each model call reads twice the uncached input tokens; output tokens and prices are as before.",
        cause="The version that goes live on the first day.",
        with_release=True,
    ),
    Incident(
        id="tool_outage",
        kind="tool_outage",
        agent="supply",
        first_day=63,
        days=3,
        factor=0.0,
        title="A tool is down",
        kpi="tool_reliability",
        slice="supplier_portal",
        seen_as="No call of the tool works: every one times out after 30 s. Other tools are as before.",
        cause="The supplier's portal; no change on our side.",
        tool="supplier_portal",
    ),
    Incident(
        id="slow_model",
        kind="latency",
        agent="policy",
        first_day=35,
        days=21,
        factor=1.8,
        title="Model calls become slow",
        kpi="model_latency",
        slice="p50",
        seen_as="Each answer of the model takes 1.8 times as long; answers, tokens and cost are as before.",
        cause="The model; no change on our side.",
    ),
    Incident(
        id="mix_shift",
        kind="mix",
        agent="claims",
        first_day=56,
        days=28,
        title="A shift in the kinds of work that looks like a drop in quality",
        kpi="accuracy",
        seen_as="Accuracy falls from 10/15 to 8/15, while it stays 8/10 for simple and 4/10 for complex claims.",
        cause="Twice as many complex claims and half as many simple ones; the agent is as good as before.",
        daily={"simple_claim": (5, 4), "complex_claim": (10, 4)},
    ),
    Incident(
        id="silent_model_change",
        kind="model_alias",
        agent="notes",
        first_day=60,
        days=24,
        factor=2.0,
        title="Another model answers behind the same name, without a deployment",
        kpi="drift",
        slice="model",
        seen_as="All answers come from the successor and are twice as long; version and requested model are as before.",
        cause="The alias northwind.notes-latest points to another model.",
        models=(NOTES_MODEL, NOTES_SUCCESSOR),
    ),
    Incident(
        id="no_hand_over",
        kind="no_hand_over",
        agent="refund",
        first_day=50,
        days=28,
        title="Hand-overs at low confidence stop",
        kpi="leakage",
        seen_as="Leakage is exactly 0 before; from the day on nothing is handed over for low confidence any more.",
        cause="A setting, changed without a new version.",
    ),
    Incident(
        id="judge_errors",
        kind="judge_errors",
        agent="refund",
        first_day=28,
        days=14,
        title="A judge begins to error",
        kpi="label_coverage",
        slice="judge",
        seen_as="Every judgement ends in an error: not one task of these days has a score of the judge.",
        cause="The evaluation service; the work itself is as before.",
    ),
)
HEALTHY = "tagger"
