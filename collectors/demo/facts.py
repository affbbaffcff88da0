"""The facts of one task, from which the records of every source are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from collectors.demo.shapes import Agent, TaskType


@dataclass(slots=True)
class ModelCall:
    """One attempt at a model; times in ms from the start of the task, `shield` is (source, policy, action).

    `answered_by` is the model that answered where it is not the one that was asked for.
    """

    at_ms: float
    took_ms: float
    ttft_ms: float
    model: str
    fresh_tokens: int
    read_tokens: int
    write_tokens: int
    output_tokens: int
    stop: str
    error: str
    request: int
    logged: bool
    shield: tuple[str, str, str] | None
    answered_by: str | None = None


@dataclass(slots=True)
class ToolCall:
    """One tool call; `outcome` is ok, error or timeout. `part` is the work of an agent that is used like a tool."""

    name: str
    at_ms: float
    took_ms: float
    outcome: str
    part: Part | None = None


@dataclass(slots=True)
class Step:
    """One round of an agent's loop: the attempts at the model, then the tools it asked for."""

    calls: list[ModelCall]
    tools: list[ToolCall] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """What one agent did for another's task. `agent` is the one whose host it ran on: the caller itself, or its own."""

    name: str
    agent: Agent
    at_ms: float
    took_ms: float
    steps: list[Step]


def every_step(steps: Sequence[Step]) -> Iterator[Step]:
    """These rounds, and after each those of the agents that it let work."""
    for step in steps:
        yield step
        for tool in step.tools:
            if tool.part is not None:
                yield from every_step(tool.part.steps)


@dataclass(slots=True)
class Judgement:
    """One statement about a task, made `delay_s` after its end.

    `kind` is outcome, human, check (a person's blind look at a drawn task), judge (which may fail), review (of a
    hand-over), alarm (was a guardrail right to step in), or pickup (a person took the hand-over).
    """

    kind: str
    delay_s: float
    event: int
    outcome: str | None = None
    accepted: bool | None = None
    score: float | None = None
    probability: float | None = None
    supersedes: int | None = None
    deliveries: int = 1
    errored: bool = False


@dataclass(slots=True)
class Task:
    """One run of an agent. `trace` and `session` are hexadecimal ids, `base` seeds the span ids."""

    agent: Agent
    start_ns: int
    trace: str
    base: int
    session: int
    key: str
    kind: TaskType
    environment: str
    version: str
    took_ms: float
    steps: list[Step]
    crashed: bool
    good: bool
    outcome: str | None
    escalation: str | None
    confidence: float | None
    user: int
    judgements: list[Judgement] = field(default_factory=list)

    @property
    def calls(self) -> list[ModelCall]:
        """Every attempt at a model for this task, whoever made it."""
        return [call for step in every_step(self.steps) for call in step.calls]

    @property
    def tools(self) -> list[ToolCall]:
        """Every tool call for this task, whoever made it."""
        return [tool for step in every_step(self.steps) for tool in step.tools]

    @property
    def parts(self) -> list[Part]:
        """Who worked on it: its own agent all the time, then those that it let work."""
        own = Part(self.agent.name, self.agent, 0.0, self.took_ms, self.steps)
        return [own, *(tool.part for tool in self.tools if tool.part is not None)]

    @property
    def end_ns(self) -> int:
        """When the task's root ended, in nanoseconds since 1970."""
        return self.start_ns + int(self.took_ms * 1e6)
