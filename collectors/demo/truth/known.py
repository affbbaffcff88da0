"""What is known of each task at the account's end: the facts, less what has not arrived by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from collectors.demo.actions import Happened, happened
from collectors.demo.contracts import CONTRACTS, demo_config
from collectors.demo.evaluations import EVALUATOR, JUDGED, failed
from collectors.demo.facts import Judgement, Task
from collectors.demo.groups import Clock
from collectors.demo.outcomes import DAY_S, LATEST_DAYS, RUBRICS, taken_ms
from collectors.demo.shapes import Agent
from collectors.demo.truth.calls import CallKnown, ToolKnown, calls_of, stray_calls_of, tools_of
from collectors.demo.world import AGENTS
from sql.config import Contract

ZONE = ZoneInfo(demo_config().org["timezone"])
DAY = timedelta(days=1)
# How much earlier than the agent's own span the root begins and how much later it ends, in ms.
ROOTS = {"strands": (20.0, 10.0), "otel": (45.0, 20.0)}
SCORES = {"success": 1.0, "failure": 0.0, "partial": 0.0}


@dataclass(frozen=True)
class TaskKnown:
    """One task as the ledger should know it. None is unknown; `calls` and `tools` are those of everyone at work."""

    task: Task
    day: date
    environment: str
    started_ms: float
    duration_ms: float
    verdict: str | None
    escalated: bool | None
    reason: str | None
    confidence: float | None
    corrected: bool | None
    human_minutes: float | None
    truth: tuple[float, float] | None
    recorded: bool
    human_score: float | None
    judge_score: float | None
    needed: bool | None
    alarm_right: bool | None
    taken_ms: float | None
    rubric: str
    calls: tuple[CallKnown, ...]
    tools: tuple[ToolKnown, ...]

    @property
    def touched(self) -> bool | None:
        """Whether a person took it over or corrected it; None where nobody reported anything."""
        if self.escalated or self.corrected or (self.human_minutes or 0) > 0:
            return True
        told = (self.verdict, self.escalated, self.corrected, self.human_minutes)
        return None if all(each is None for each in told) else False

    @property
    def status(self) -> str | None:
        """The verdict in the words of the ledger, else whether it was handed over."""
        words = {"failure": "failed", "partial": "failed"}
        return words.get(self.verdict, self.verdict) if self.verdict else "escalated" if self.escalated else None

    @property
    def pickup_ms(self) -> float | None:
        """How long its hand-over waited for a person; None where none took it, or nobody wrote it down."""
        taken = self.taken_ms if self.escalated else None
        return None if taken is None else max(0.0, taken - self.started_ms - self.duration_ms)

    @property
    def cost_usd(self) -> float | None:
        """What its priced calls cost; None where none has a price."""
        priced = [call.cost_usd for call in self.calls if call.cost_usd is not None]
        return float(sum(priced)) if priced else None


@dataclass(frozen=True)
class AgentKnown:
    """All that is known of one agent: its tasks in the order of their start, its calls outside of them, its actions.

    Those calls belong to no task, or to a task of an agent that it works for.
    """

    agent: Agent
    contract: Contract | None
    tasks: tuple[TaskKnown, ...]
    loose: tuple[CallKnown, ...]
    loose_tools: tuple[ToolKnown, ...]
    actions: tuple[Happened, ...]

    @property
    def follows_handovers(self) -> bool:
        """Whether anybody writes down when a person takes one of its hand-overs."""
        return any(task.pickup_ms is not None for task in self.tasks)


def local_day(at_ms: float) -> date:
    """The calendar day of a moment in the organisation's time zone."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZONE).date()


def know(clock: Clock, agent: Agent) -> AgentKnown:
    """Everything about one agent."""
    loose: list[CallKnown] = []
    for day in days_of(clock):
        loose += stray_calls_of(clock, agent, day, local_day)
    callers = [each for each in AGENTS if any(helper.agent is agent for helper in each.helpers)]
    lent = [task for caller in callers for task in _tasks_known(clock, caller)]
    loose += (call for task in lent for call in task.calls if call.agent == agent.key)
    tools = tuple(tool for task in lent for tool in task.tools if tool.agent == agent.key)
    actions = tuple(each for each in actions_of(clock) if each.agent is agent)
    return AgentKnown(agent, contract_of(agent), tuple(_tasks_known(clock, agent)), tuple(loose), tools, actions)


@cache
def actions_of(clock: Clock) -> tuple[Happened, ...]:
    """Every action that people had entered when the account ends."""
    begin, end = (datetime.fromtimestamp(at / 1000, UTC).replace(tzinfo=None) for at in (clock.begin_ms, clock.end_ms))
    return tuple(happened(begin, end))


def contract_of(agent: Agent) -> Contract | None:
    """What the owner of an agent declared."""
    return next((each for each in CONTRACTS if each.agent_id == agent.agent_id), None)


def _tasks_known(clock: Clock, agent: Agent) -> list[TaskKnown]:
    contract = contract_of(agent)
    ended = (
        task for day in days_of(clock) for task in clock.tasks(agent, day) if task.end_ns < clock.end_ms * 1_000_000
    )
    return sorted((_known(clock, task, contract) for task in ended), key=lambda each: each.started_ms)


@cache
def days_of(clock: Clock) -> tuple[date, ...]:
    """Every UTC day that the account touches."""
    first = datetime.fromtimestamp(clock.begin_ms / 1000, UTC).date()
    last = datetime.fromtimestamp(clock.end_ms / 1000, UTC).date()
    return tuple(first + DAY * number for number in range((last - first).days + 1))


def _known(clock: Clock, task: Task, contract: Contract | None) -> TaskKnown:
    before_ms, after_ms = ROOTS.get(task.agent.dialect, (0.0, 0.0))
    started_ms = task.start_ns / 1e6 - before_ms
    judgements = list(_current(clock, task))
    events = [each for each in judgements if not _elsewhere(task, each)]
    outcome = next((each for each in events if each.kind == "outcome"), None)
    human = next((each for each in events if each.kind == "human"), None)
    check = human or next((each for each in events if each.kind == "check"), None)
    review = next((each for each in events if each.kind == "review"), None)
    judge = next((each for each in judgements if each.kind == "judge"), None)
    alarm = next((each for each in events if each.kind == "alarm"), None)
    pickup = next((each for each in events if each.kind == "pickup"), None)
    declared = contract.environment if contract else None
    environment = task.environment if events else declared or task.environment
    return TaskKnown(
        task=task,
        day=local_day(started_ms),
        environment=environment,
        started_ms=started_ms,
        duration_ms=task.took_ms + before_ms + after_ms,
        verdict=outcome.outcome if outcome else None,
        escalated=task.escalation is not None if outcome else None,
        reason=task.escalation if outcome else None,
        confidence=task.confidence if outcome else None,
        corrected=_corrected(task, outcome, human),
        human_minutes=2.0 if human else None,
        truth=_truth(task, outcome, check),
        recorded=_recorded(task, outcome),
        human_score=check.score if check else None,
        judge_score=judge.score if judge else None,
        needed=bool(review.score) if review else None,
        alarm_right=bool(alarm.score) if alarm else None,
        taken_ms=taken_ms(task, pickup) if pickup else None,
        rubric=EVALUATOR if task.agent in JUDGED else f"judge.{RUBRICS[task.agent.key]}",
        calls=tuple(calls_of(task, environment, local_day)),
        tools=tuple(tools_of(task, environment, local_day)),
    )


def written_ms(task: Task, judgement: Judgement) -> float:
    """When a statement was written, in ms since 1970."""
    delay = judgement.delay_s if _elsewhere(task, judgement) else min(judgement.delay_s, LATEST_DAYS * DAY_S)
    return task.end_ns / 1e6 + delay * 1000


def _elsewhere(task: Task, judgement: Judgement) -> bool:
    """Whether the statement is a result of the evaluation service and not an event about the task."""
    return judgement.kind == "judge" and task.agent in JUDGED


def _current(clock: Clock, task: Task) -> Iterator[Judgement]:
    """What has arrived, without what a later statement replaced and without judgements that failed."""
    arrived = [each for each in task.judgements if int(written_ms(task, each)) < clock.end_ms]
    replaced = {each.supersedes for each in arrived}
    for each in arrived:
        if each.event not in replaced and not (_elsewhere(task, each) and failed(each)):
            yield each


def _recorded(task: Task, outcome: Judgement | None) -> bool:
    """Whether a system of record says how it ended; what the agent's own code says is no proof."""
    return outcome is not None and outcome.outcome in SCORES and task.agent.verdicts.reported_by == "system"


def _truth(task: Task, outcome: Judgement | None, check: Judgement | None) -> tuple[float, float] | None:
    """What turned out to be right and how many tasks it stands for: the record, else a person's drawn review."""
    if outcome is not None and _recorded(task, outcome):
        return SCORES[outcome.outcome or ""], 1.0
    if check and check.score is not None and check.probability:
        return check.score, 1.0 / check.probability
    return None


def _corrected(task: Task, outcome: Judgement | None, human: Judgement | None) -> bool | None:
    """The last word on it: a correction counts from an hour after the task, a review from when it was made."""
    said: list[tuple[float, bool]] = []
    if outcome and outcome.supersedes is not None:
        said.append((task.end_ns / 1e6 + 3_600_000, True))
    if human:
        said.append((written_ms(task, human) - 1500, not human.accepted))
    return max(said)[1] if said else None


def in_days(rows: Iterable[TaskKnown], first: date, until: date) -> list[TaskKnown]:
    """The tasks of [first, until) that are real work."""
    return [row for row in rows if first <= row.day < until and row.environment == "prod"]
