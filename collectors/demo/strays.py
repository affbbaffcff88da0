"""Model calls that belong to no task: people trying things out, and a nightly job that only states who it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from collectors.demo.chance import around, generator, midnight_ns
from collectors.demo.conditions import conditions
from collectors.demo.facts import ModelCall
from collectors.demo.records import Line, invocation_line, role_of
from collectors.demo.shapes import HAIKU, MILLISECONDS_PER_TOKEN, NOVA_LITE
from collectors.demo.world import REFUND

SANDBOX_ROLE = "data-science-sandbox"
NIGHTLY_HOUR = 3


@dataclass(slots=True)
class Stray:
    """One such call: when it was asked (ms since 1970), by which role, with which metadata member."""

    asked_ms: float
    call: ModelCall
    role: str
    metadata: str


def stray_calls(seed: int, day: date) -> list[Stray]:
    """The sandbox's calls of a day, which nothing can attribute, and the Refund Desk's nightly summary."""
    rng = generator(seed, "strays", day)
    midnight_ms = midnight_ns(day) / 1e6
    calls = [_sandbox(rng, midnight_ms) for _ in range(rng.randrange(3, 10))]
    version = conditions(REFUND, day).version
    metadata = f'"requestMetadata":{{"agent_name":"{REFUND.name}","agent_version":"{version}","env":"prod"}},'
    nightly = midnight_ms + NIGHTLY_HOUR * 3_600_000 + rng.uniform(0, 60_000)
    calls.append(Stray(nightly, _call(rng, NOVA_LITE, 9000, 500), role_of(REFUND), metadata))
    return calls


def stray_lines(seed: int, day: date) -> Iterator[Line]:
    """Their invocation records."""
    for stray in stray_calls(seed, day):
        yield invocation_line(stray.asked_ms, stray.call, stray.role, stray.metadata, None)


def _sandbox(rng: Random, midnight_ms: float) -> Stray:
    call = _call(rng, rng.choice((HAIKU, NOVA_LITE)), 1800, 420)
    if rng.random() < 0.04:
        call.error, call.fresh_tokens, call.output_tokens = "AccessDeniedException", 0, 0
    return Stray(midnight_ms + rng.uniform(7, 19) * 3_600_000, call, SANDBOX_ROLE, "")


def _call(rng: Random, model: str, tokens: float, output: float) -> ModelCall:
    out = int(around(rng, output, 0.5))
    ttft = around(rng, 600, 0.3)
    took = ttft + out * MILLISECONDS_PER_TOKEN[model]
    return ModelCall(
        0.0,
        took,
        ttft,
        model,
        int(around(rng, tokens, 0.6)),
        0,
        0,
        out,
        "end_turn",
        "",
        rng.getrandbits(128),
        True,
        None,
    )
