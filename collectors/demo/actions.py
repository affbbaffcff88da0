"""What people of the example organisation did about its incidents: from the proposal to the verdict.

Declared once a cycle like the incidents themselves. A verdict stands here only where the evidence gives it; the tests
hold each against the one that is worked out from the account.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from collectors.demo.incidents import INCIDENTS, Incident
from collectors.demo.shapes import CYCLE_DAYS, EPOCH, Agent
from collectors.demo.world import AGENTS

DAY = timedelta(days=1)
BASELINE_DAYS = 28
RECORDER = "metrics actions --record"
# The states that a step moves an action to; a verdict is written down and moves nothing.
VERDICT = "verdict"


@dataclass(frozen=True)
class Step:
    """One step, entered `hour` hours into a day of the cycle. A shipped change took effect at the start of its day."""

    step: str
    day: int
    hour: int
    verdict: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Planned:
    """An action on an incident's finding: what it has to move, and the days of the cycle on which it went on.

    `finding`: the finding's number, direction and part, as its signature has them. `noticed` and `registered`: the day
    on which the finding was there, and that on which all this was written down.
    """

    incident: str
    finding: str
    title: str
    owner: str
    kpi: str
    direction: str
    materiality: float
    noticed: int
    registered: int
    steps: tuple[Step, ...]
    slice: str = ""
    min_days: int = 7
    guards: tuple[tuple[str, float], ...] = ()


ACTIONS: tuple[Planned, ...] = (
    Planned(
        incident="judge_errors",
        finding="label_coverage|down|label kind|judge",
        title="Have the evaluation service read this agent's spans again",
        owner="Service lead",
        kpi="label_coverage",
        slice="judge",
        direction="up",
        materiality=0.2,
        noticed=32,
        registered=32,
        min_days=14,
        steps=(
            Step("accepted", 33, 9),
            Step("shipped", 42, 9),
            Step(VERDICT, 58, 6, verdict="no_material_change"),
            Step("kept", 58, 10),
        ),
    ),
    Planned(
        incident="longer_prompts",
        finding="cost_per_task|up||",
        title="Shorten the prompts and let the smaller model write",
        owner="Sales operations",
        kpi="cost_per_task",
        direction="down",
        materiality=0.004,
        noticed=46,
        registered=48,
        guards=(("success_rate", 0.15),),
        steps=(
            Step("accepted", 50, 14),
            Step("shipped", 70, 9),
            Step(VERDICT, 80, 6, verdict="improved"),
            Step("kept", 82, 10),
        ),
    ),
    Planned(
        incident="no_hand_over",
        finding="leakage|up||",
        title="Switch hand-overs at low confidence on again",
        owner="Service lead",
        kpi="leakage",
        direction="down",
        materiality=0.05,
        noticed=57,
        registered=58,
        steps=(Step("accepted", 61, 11), Step("shipped", 78, 9)),
    ),
    Planned(
        incident="tool_outage",
        finding="tool_reliability|down|tool|supplier_portal",
        title="Have the supplier bring the portal back",
        owner="Planning lead",
        kpi="tool_reliability",
        slice="supplier_portal",
        direction="up",
        materiality=0.15,
        noticed=65,
        registered=65,
        min_days=14,
        steps=(
            Step("accepted", 65, 10),
            Step("shipped", 66, 9),
            Step(VERDICT, 81, 6, verdict="no_material_change"),
            Step("kept", 82, 9),
        ),
    ),
    Planned(
        incident="mix_shift",
        finding="drift:task_type|up|task_type|complex_claim",
        title="Train it on complex claims",
        owner="Claims lead",
        kpi="accuracy",
        direction="up",
        materiality=0.02,
        noticed=65,
        registered=66,
        steps=(
            Step("dismissed", 68, 15, reason="It is as good as before: only the share of complex claims has grown."),
        ),
    ),
)


@dataclass(frozen=True)
class Happened:
    """An action of one cycle as it stood at `end` (naive UTC)."""

    planned: Planned
    cycle: date
    end: datetime

    @property
    def incident(self) -> Incident:
        """The incident that it answers."""
        return next(each for each in INCIDENTS if each.id == self.planned.incident)

    @property
    def agent(self) -> Agent:
        """Whose it is."""
        return next(each for each in AGENTS if each.key == self.incident.agent)

    @property
    def action_id(self) -> str:
        """Its id, the same whenever the account is looked at."""
        return self._id("registered")

    @property
    def begun(self) -> date:
        """The first day of the incident, which is that of its finding."""
        return self.cycle + self.incident.first_day * DAY

    @property
    def signature(self) -> str:
        """What stays the same of the finding when the same thing happens again."""
        return f"{self.agent.agent_id}|{self.planned.finding}"

    @property
    def insight_id(self) -> str:
        """The finding's id: of its signature and first day."""
        return hashlib.sha256(f"{self.signature}|{self.begun}".encode()).hexdigest()[:12]

    @property
    def insight_at(self) -> datetime:
        """When the finding was there."""
        return self._at(self.planned.noticed, 0)

    @property
    def registered_at(self) -> datetime:
        """When it was proposed."""
        return self._at(self.planned.registered, 9)

    @property
    def baseline(self) -> tuple[date, date]:
        """The days compared with: those before the incident."""
        return self.begun - BASELINE_DAYS * DAY, self.begun

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps taken by the end."""
        return tuple(each for each in self.planned.steps if self._at(each.day, each.hour) < self.end)

    @property
    def state(self) -> str:
        """Where the steps led."""
        return next((each.step for each in reversed(self.steps) if each.step != VERDICT), "proposed")

    @property
    def taken_at(self) -> datetime | None:
        """When the change took effect; None while it has not."""
        return next((self._at(each.day, 0) for each in self.steps if each.step == "shipped"), None)

    @property
    def verdict(self) -> str | None:
        """The verdict written down."""
        return next((each.verdict for each in self.steps if each.step == VERDICT), None)

    @property
    def verdict_at(self) -> datetime | None:
        """When it was written down."""
        return next((self._at(each.day, each.hour) for each in self.steps if each.step == VERDICT), None)

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done or to be found out."""
        return self.state in ("proposed", "accepted") or (self.state == "shipped" and self.verdict is None)

    def records(self) -> Iterator[dict[str, Any]]:
        """The journal records of it, in order."""
        planned, (first, until) = self.planned, self.baseline
        yield self._record("action.registered", "registered", self.registered_at) | {
            "gen_ai.agent.id": self.agent.agent_id, "title": planned.title, "owner": planned.owner,
            "kpi": planned.kpi, "slice": planned.slice, "direction": planned.direction,
            "materiality": planned.materiality,
            "guards": [{"kpi": kpi, "margin": margin} for kpi, margin in planned.guards],
            "baseline_from": first.isoformat(), "baseline_to": until.isoformat(),
            "spell_from": self.begun.isoformat(), "spell_to": self.registered_at.date().isoformat(),
            "min_days": planned.min_days, "grade": "C", "entered_by": planned.owner,
            "insight_id": self.insight_id, "signature": self.signature, "insight_at": _written(self.insight_at),
        }  # fmt: skip
        for step in self.steps:
            yield self._step(step)

    def _step(self, step: Step) -> dict[str, Any]:
        judged = step.step == VERDICT
        as_of = (self._at(step.day, 0) - DAY).date().isoformat()
        found = self._record("action.step", step.step, self._at(step.day, step.hour)) | {
            "action_id": self.action_id, "step": step.step, "reason": step.reason, "verdict": step.verdict,
            "changed_at": _written(self._at(step.day, 0)) if step.step == "shipped" else None,
            "as_of": as_of if judged else None,
            "entered_by": RECORDER if judged else self.planned.owner,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}

    def _record(self, event: str, what: str, at: datetime) -> dict[str, Any]:
        return {"event.name": event, "schema_version": "1.0", "event_id": self._id(what), "timestamp": _written(at)}

    def _id(self, what: str) -> str:
        return hashlib.sha256(f"{self.planned.incident}|{self.cycle}|{what}".encode()).hexdigest()[:32]

    def _at(self, day: int, hour: int) -> datetime:
        return datetime.combine(self.cycle + day * DAY, time(hour))


def happened(begin: datetime, end: datetime) -> list[Happened]:
    """The actions whose days to compare with the account shows, from `begin` (naive UTC) on, oldest first."""
    cycles = range((begin.date() - EPOCH).days // CYCLE_DAYS, (end.date() - EPOCH).days // CYCLE_DAYS + 1)
    every = (Happened(each, EPOCH + cycle * CYCLE_DAYS * DAY, end) for cycle in cycles for each in ACTIONS)
    found = [each for each in every if _midnight(each.baseline[0]) >= begin and each.registered_at < end]
    return sorted(found, key=lambda each: (each.registered_at, each.action_id))


def entered(begin: datetime, end: datetime) -> tuple[dict[str, Any], ...]:
    """What people had entered by `end`, as the journal holds it."""
    return tuple(record for each in happened(begin, end) for record in each.records())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _written(at: datetime) -> str:
    return at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
