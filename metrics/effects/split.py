"""Whether tasks were split as promised: the sample-ratio check."""

from __future__ import annotations

from metrics import stats, units

WRONG_BELOW = 0.001


def check(name: str, counts: tuple[float, float], share: float) -> tuple[float, str]:
    """The p-value of the second side's share against what was promised, and both in words; `name` is that side."""
    p = stats.sample_ratio_mismatch(list(counts), [1 - share, share]).p
    got, promised = (units.text(each, "ratio") for each in (counts[1] / sum(counts), share))
    return p, f"{name} got {got} of the tasks, promised were {promised} (p = {p:.2g})"
