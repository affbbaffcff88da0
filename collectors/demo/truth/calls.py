"""What is known of single calls of models and tools: tokens, times, price, and what a guardrail did."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from collectors.demo.contracts import own_prices
from collectors.demo.facts import ModelCall, Task
from collectors.demo.groups import Clock
from collectors.demo.judgements import STEPPED_IN
from collectors.demo.shapes import PROFILE_ARN, SONNET, Agent
from collectors.demo.strays import stray_calls
from collectors.demo.world import REFUND

PRICE_BOOK = Path(__file__).parents[3] / "sql" / "seeds" / "prices.csv"
# The dialects whose spans say how much came from the prompt cache, and those that say when the first token came.
CACHE_KNOWN = ("strands", "strands_unified")
FIRST_TOKEN_KNOWN = ("strands", "strands_unified", "otel", "otel_runtime")
# A framework's span of a call begins 1 ms before the span of the AWS client, which is the one that counts.
CLIENT_MS = {"strands": 1.0, "strands_unified": 1.0, "langgraph": 1.0}
MONDAY = 0
LOST_TOKENS = (2048, 96)
LOST_MS = (55.0, 900.0)

DayOf = Callable[[float], date]


@dataclass(frozen=True)
class CallKnown:
    """One attempt at a model. None is unknown; `intervened` None means that no guardrail looked at it,
    `stepped_in` the side and the policy that changed or stopped it, which only the log tells.

    `agent` is the key of the agent that it counts for, `worker` the name of the one that made it.
    """

    day: date
    environment: str
    model: str
    duration_ms: float
    ttft_ms: float | None = None
    fresh: int | None = None
    read: int | None = None
    write: int | None = None
    output: int | None = None
    refused: bool = False
    intervened: bool | None = None
    stepped_in: tuple[str, str] | None = None
    cost_usd: Decimal | None = None
    saved_usd: Decimal | None = None
    agent: str = ""
    worker: str = ""


@dataclass(frozen=True)
class ToolKnown:
    """One call of a tool."""

    day: date
    name: str
    duration_ms: float
    outcome: str
    retry: bool
    environment: str
    agent: str
    worker: str

    @property
    def worked(self) -> bool:
        """Whether it gave what it was asked for."""
        return self.outcome == "ok"


def tools_of(task: Task, environment: str, day_of: DayOf) -> Iterator[ToolKnown]:
    """The tool calls of a task."""
    last: dict[tuple[str, str], str] = {}
    made = [(part, tool) for part in task.parts for step in part.steps for tool in step.tools]
    for part, tool in sorted(made, key=lambda each: each[1].at_ms):
        who = (part.agent.key, tool.name)
        retry, day = last.get(who, "ok") != "ok", day_of(task.start_ns / 1e6 + tool.at_ms)
        yield ToolKnown(day, tool.name, tool.took_ms, tool.outcome, retry, environment, part.agent.key, part.name)
        last[who] = tool.outcome


def calls_of(task: Task, environment: str, day_of: DayOf) -> Iterator[CallKnown]:
    """The model calls of a task, which are of the environment that is known of it."""
    for part in task.parts:
        for call in (call for step in part.steps for call in step.calls):
            start_ms = task.start_ns / 1e6 + call.at_ms + CLIENT_MS.get(part.agent.dialect, 0.0)
            found = _call(part.agent, call, day_of(start_ms), environment)
            yield replace(found, agent=part.agent.key, worker=part.name)


def _call(agent: Agent, call: ModelCall, day: date, environment: str) -> CallKnown:
    if call.error:
        return CallKnown(day, environment, model_of(call), call.took_ms, refused=True, cost_usd=Decimal(0))
    return _answered(agent, call, day, environment)


def _answered(agent: Agent, call: ModelCall, day: date, environment: str) -> CallKnown:
    cached = agent.dialect in CACHE_KNOWN
    return CallKnown(
        day,
        environment,
        model_of(call),
        call.took_ms,
        ttft_ms=float(int(call.ttft_ms)) if agent.dialect in FIRST_TOKEN_KNOWN else None,
        fresh=call.fresh_tokens,
        read=call.read_tokens if cached else None,
        write=call.write_tokens if cached and call.write_tokens else None,
        output=call.output_tokens,
        intervened=_intervened(call),
        stepped_in=call.shield[:2] if call.shield and call.logged and call.shield[2] in STEPPED_IN else None,
        cost_usd=cost_of(call, day),
        saved_usd=_saved(call, day) if cached else None,
    )


def _intervened(call: ModelCall) -> bool | None:
    """Only the log tells what a guardrail did, but a span says that an answer was blocked."""
    if call.shield is None or not (call.logged or call.stop == "guardrail_intervened"):
        return None
    return call.shield[2] in STEPPED_IN


def stray_calls_of(clock: Clock, agent: Agent, day: date, day_of: DayOf) -> Iterator[CallKnown]:
    """Calls of the agent that belong to no task: the nightly summary, and one whose parent was never exported."""
    tasks = clock.tasks(agent, day)
    if agent is REFUND:
        nightly = stray_calls(clock.seed, day)[-1]
        if nightly.asked_ms >= clock.begin_ms:
            yield _loose(nightly.call, day_of(nightly.asked_ms), "prod")
    if agent.dialect == "strands" and day.weekday() == MONDAY and tasks:
        fresh, output = LOST_TOKENS
        first = replace(tasks[0].steps[0].calls[0], fresh_tokens=fresh, output_tokens=output)
        lost = replace(first, read_tokens=0, write_tokens=0, took_ms=LOST_MS[1])
        yield _loose(lost, day_of(tasks[0].start_ns / 1e6 + LOST_MS[0]), tasks[0].environment)


def sandbox_calls(seed: int, day: date, day_of: DayOf) -> Iterator[CallKnown]:
    """Calls that nothing can attribute; one that was denied was neither counted nor priced."""
    for stray in stray_calls(seed, day)[:-1]:
        found = _loose(stray.call, day_of(stray.asked_ms), "prod")
        yield replace(found, refused=True, cost_usd=None) if stray.call.error else found


def _loose(call: ModelCall, day: date, environment: str) -> CallKnown:
    """A call of which only model, length and tokens are known."""
    fresh, output = call.fresh_tokens, call.output_tokens
    cost = cost_of(call, day)
    return CallKnown(
        day, environment, model_of(call), float(int(call.took_ms)), fresh=fresh, output=output, cost_usd=cost
    )


def model_of(call: ModelCall) -> str:
    """The model that answered, without the Region prefix of its id."""
    found = call.answered_by or (SONNET if call.model == PROFILE_ARN else call.model)
    head, _, rest = found.partition(".")
    return rest if head in ("us", "global") else found


def cost_of(call: ModelCall, day: date) -> Decimal | None:
    """What the call cost in USD to the billionth; None where a kind of its tokens has no price."""
    tokens = {
        "input": call.fresh_tokens,
        "cache_read": call.read_tokens,
        "cache_write_5m": call.write_tokens,
        "output": call.output_tokens,
    }
    total = Decimal(0)
    for kind, count in tokens.items():
        price = _price(model_of(call), _scope(call), kind, day) if count else Decimal(0)
        if price is None:
            return None
        total += count * price / 1_000_000
    return total.quantize(Decimal("1e-9"))


def _saved(call: ModelCall, day: date) -> Decimal | None:
    """What its cache tokens would have cost more as plain input; None where the call has no price."""
    plain = _price(model_of(call), _scope(call), "input", day)
    if plain is None or cost_of(call, day) is None:
        return None
    total = Decimal(0)
    for kind, count in {"cache_read": call.read_tokens, "cache_write_5m": call.write_tokens}.items():
        total += count * (plain - (_price(model_of(call), _scope(call), kind, day) or 0)) / 1_000_000 if count else 0
    return total.quantize(Decimal("1e-9"))


def _scope(call: ModelCall) -> str:
    return "global" if call.model.startswith("global.") else "regional"


@cache
def _price(model: str, scope: str, kind: str, day: date) -> Decimal | None:
    """USD per million tokens on a day, as the price book says it, or the owner."""
    for own in own_prices():
        if (own.model, own.scope, own.token_kind) == (model, scope, kind):
            return own.usd_per_mtok
    for row in _book():
        if (row["model"], row["scope"], row["tier"], row["token_kind"]) == (model, scope, "default", kind) and (
            date.fromisoformat(row["valid_from"]) <= day
            and (not row["valid_to"] or day < date.fromisoformat(row["valid_to"]))
        ):
            return Decimal(row["usd_per_mtok"])
    return None


@cache
def _book() -> list[dict[str, str]]:
    with PRICE_BOOK.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
