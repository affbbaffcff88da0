"""The factors of a cost per task, for many samples of tasks at once: one sample a row, one model a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.parts import Row

Numbers = NDArray[np.float64]
KINDS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
OUTPUT = KINDS.index("output")
READ = KINDS.index("cache_read")
FACTORS = (
    ("calls", "Calls a task", "count"),
    ("models", "Choice of model", "usd"),
    ("input", "Length of input", "tokens"),
    ("output", "Length of answers", "tokens"),
    ("cache", "Cache", "ratio"),
    ("price", "Price", "usd"),
    ("coverage", "Share of calls with a price", "ratio"),
)
GAINED = 0.05


@dataclass(frozen=True)
class Usage:
    """Calls (sample × model) and tokens, tokens with a price and their US dollars (sample × model × kind)."""

    calls: Numbers
    tokens: Numbers
    priced: Numbers
    usd: Numbers

    @classmethod
    def empty(cls, samples: int, models: int) -> Usage:
        """Nothing used."""
        return cls(np.zeros((samples, models)), *(np.zeros((samples, models, len(KINDS))) for _ in range(3)))

    def put(self, sample: int, model: int, row: Row) -> None:
        """Write one row of `insight_calls` down."""
        if row["model_calls"] is not None:
            self.calls[sample, model] = row["model_calls"]
            return
        kind = KINDS.index(row["token_kind"])
        self.tokens[sample, model, kind] = row["tokens"]
        self.priced[sample, model, kind] = row["priced_tokens"] or 0.0
        self.usd[sample, model, kind] = row["usd"] or 0.0

    def summed(self) -> Usage:
        """All samples as one."""
        return Usage(*(each.sum(axis=0, keepdims=True) for each in (self.calls, self.tokens, self.priced, self.usd)))

    def without_each(self) -> Usage:
        """The sum without each sample in turn."""
        parts = (self.calls, self.tokens, self.priced, self.usd)
        return Usage(*(each.sum(axis=0, keepdims=True) - each for each in parts))


@dataclass(frozen=True)
class Side:
    """One period as factors, a sample a row: calls a task; per model share, tokens a call, kinds of input, prices."""

    calls: Numbers
    models: Numbers
    input: Numbers
    output: Numbers
    cache: Numbers
    price: Numbers
    coverage: Numbers


Periods = tuple[Side, Side]


def periods_of(before: tuple[Numbers, Usage], after: tuple[Numbers, Usage]) -> Periods:
    """Both periods as factors; tasks and usage of each.

    A model that one period does not use is given that period's mean length of input and answers there, so that its
    arrival moves only the choice of model. A price that one period does not know is the other's.
    """
    prices = [_ratio(usage.usd, usage.priced) for _, usage in (before, after)]
    known = [np.where(np.isnan(own), other, own) for own, other in (prices, prices[::-1])]
    first, second = (_side(tasks, usage, price) for (tasks, usage), price in zip((before, after), known, strict=True))
    return first, second


def _side(tasks: Numbers, usage: Usage, price: Numbers) -> Side:
    total_calls = usage.calls.sum(axis=1)
    price = np.nan_to_num(price)
    mean = usage.tokens.sum(axis=1) / np.maximum(total_calls, 1e-12)[:, None]
    per_call = np.where(np.isnan(each := _ratio(usage.tokens, usage.calls[:, :, None])), mean[:, None, :], each)
    in_length = per_call[:, :, :OUTPUT].sum(axis=2)
    kinds = np.nan_to_num(_ratio(per_call[:, :, :OUTPUT], in_length[:, :, None]))
    worth = _ratio((usage.priced * price).sum(axis=2), (usage.tokens * price).sum(axis=2))
    return Side(
        total_calls / np.maximum(tasks, 1e-12),
        usage.calls / np.maximum(total_calls, 1e-12)[:, None],
        in_length,
        per_call[:, :, OUTPUT],
        kinds,
        price,
        np.where(np.isnan(worth), 1.0, worth),
    )


def cost(sides: Periods, moved: frozenset[int]) -> Numbers:
    """Cost per task of every sample with the factors in `moved` as after, the others as before."""
    calls, models, inputs, outputs, cache, price, coverage = (
        sides[1 if place in moved else 0] for place in range(len(FACTORS))
    )
    a_call = (
        inputs.input * (cache.cache * price.price[:, :, :OUTPUT]).sum(axis=2)
        + outputs.output * price.price[:, :, OUTPUT]
    )
    found: Numbers = calls.calls * (models.models * coverage.coverage * a_call).sum(axis=1)
    return found


def standing(sides: Periods, models: Sequence[str]) -> list[tuple[float, float, str]]:
    """What each factor reads before and after as it stands, with a note: which model gained most."""
    pairs = zip(*(_readings(side) for side in sides), strict=True)
    gains = sides[1].models[0] - sides[0].models[0]
    most = int(np.argmax(gains)) if len(gains) else 0
    note = f"more of {models[most]}" if len(gains) and gains[most] >= GAINED else ""
    return [
        (before, after, note if key == "models" else "")
        for (key, _, _), (before, after) in zip(FACTORS, pairs, strict=True)
    ]


def _readings(side: Side) -> list[float]:
    share = side.models[0]
    length, answer = float(share @ side.input[0]), float(share @ side.output[0])
    a_call = (
        side.input[0] * (side.cache[0] * side.price[0, :, :OUTPUT]).sum(axis=1)
        + side.output[0] * side.price[0, :, OUTPUT]
    )
    usd = float(share @ a_call)
    read = float(share @ (side.input[0] * side.cache[0, :, READ])) / length if length else 0.0
    a_million = 1e6 * usd / (length + answer) if length + answer else 0.0
    return [float(side.calls[0]), usd, length, answer, read, a_million, float(share @ side.coverage[0])]


def _ratio(a: Numbers, b: Numbers) -> Numbers:
    """a over b, NaN where b is 0."""
    wide = np.broadcast_to(b, np.broadcast_shapes(a.shape, b.shape))
    found: Numbers = np.divide(a, wide, out=np.full(wide.shape, np.nan), where=wide > 0)
    return found
