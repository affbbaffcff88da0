"""Which estimate of accuracy the evidence allows: results of record, then labels with a judge, then labels only.

Tasks with a recorded result and those without are two strata with known shares. Within the second the judge helps
(prediction-powered inference) only where the rule of A10 holds: labels and verdicts drawn with known chances, one
unchanged judge, 100 labels with 10 of each result, and a gain over the labels alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from metrics import stats, units
from metrics.catalogue import Kpi
from metrics.estimated import Estimate
from metrics.parts import Row
from metrics.stats.ppi import Smoothed

LEAST_LABELS = 100
LEAST_OF_A_RESULT = 10
# Known chances must add up to about the tasks that they are said to be drawn from: sampling alone stays within this.
FRAME_WITHIN = 1.4
RECORD = "results of record"
LABELS = "weighted labels"
POWERED = "prediction-powered: labels with the judge's verdicts on the other tasks"


@dataclass(frozen=True)
class Judge:
    """One judge of one rubric: its table with people's labels and its verdicts elsewhere, in effective counts.

    `stands_for`: how many tasks, by their chances, the table stands for, and how many unchecked ones the verdicts.
    """

    rubric: str
    name: str
    labelled: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    elsewhere: tuple[float, float] = (0.0, 0.0)
    stands_for: tuple[float, float] = (0.0, 0.0)

    @property
    def labels(self) -> float:
        """How many labels its table is worth."""
        return sum(self.labelled)


@dataclass(frozen=True)
class Rest:
    """Tasks without a recorded result: their number, and what labels alone say of them."""

    tasks: int
    right: float
    weights: float
    weights_sq: float
    labelled: int

    @property
    def n_eff(self) -> float:
        """How many labels of equal weight they are worth."""
        return self.weights**2 / self.weights_sq if self.weights_sq else 0.0


def accuracy(kpi: Kpi, rows: Sequence[Row]) -> list[Estimate]:
    """The best estimate first; where a judge was tried also labels only, with the judge, and through its errors."""
    by_slice = {row["slice"]: row for row in rows if row["slice"] is not None}
    whole = by_slice.get("")
    if whole is None:
        return []
    record = by_slice.get("outcome") or {"numerator": 0.0, "n": 0}
    labels = _labels_only(kpi, whole, record)
    rest = _rest(whole, record)
    judge, why_not = _judge(rows, rest)
    if judge is None:
        return [labels._replace(note=_said(labels, why_not))]
    powered = stats.ppi_smoothed_effective_wilson(*judge.labelled, *judge.elsewhere)
    through = _through_errors(judge)
    why_not = _against(powered, through, rest, judge)
    found = _combined(kpi, whole, record, rest, powered)
    beside = [
        labels._replace(slice="labels"),
        found._replace(slice="with_judge"),
        *_corrected(kpi, labels, through, rest),
    ]
    if why_not:
        return [labels._replace(note=_said(labels, why_not)), *beside]
    return [found._replace(note=_added(found, labels, judge)), *beside]


def _labels_only(kpi: Kpi, whole: Row, record: Row) -> Estimate:
    """Weighted labels and records together: each record stands for itself."""
    numerator, weights, squares = whole["numerator"], whole["denominator"], whole["denominator_sq"] or 0.0
    known = numerator is not None and bool(weights)
    limits = stats.wilson_weighted(numerator, weights, squares) if known else None
    n = whole["n"] or 0
    note = LABELS if n > (record["n"] or 0) else RECORD
    return Estimate(
        "", numerator / weights if known else None, limits or (None, None), n, numerator, weights, whole["covered"],
        whole["eligible"], kpi.minimum_n, bounded=limits is not None,
        n_eff=weights**2 / squares if known and squares else None, note=note if n else None,
    )  # fmt: skip


def _rest(whole: Row, record: Row) -> Rest:
    recorded, right = record["n"] or 0, record["numerator"] or 0.0
    return Rest(
        (whole["eligible"] or 0) - recorded,
        (whole["numerator"] or 0.0) - right,
        (whole["denominator"] or 0.0) - recorded,
        (whole["denominator_sq"] or 0.0) - recorded,
        (whole["n"] or 0) - recorded,
    )


def _judge(rows: Sequence[Row], rest: Rest) -> tuple[Judge | None, str]:
    """The judge with the most labels that may be used, or in words why none may."""
    judges = _judges(rows)
    if not judges:
        return None, ""
    best = max(judges, key=lambda judge: (judge.labels, judge.rubric, judge.name))
    (right_passed, right_failed, wrong_passed, wrong_failed) = best.labelled
    if sum(judge.rubric == best.rubric for judge in judges) > 1:
        return None, f"the judge of {best.rubric} changed within the period"
    if best.labels < LEAST_LABELS:
        return None, f"only {units.grouped(best.labels)} labels have the judge's verdict too; {LEAST_LABELS} are needed"
    least = min(right_passed + right_failed, wrong_passed + wrong_failed)
    if least < LEAST_OF_A_RESULT:
        return None, f"people called only {units.grouped(least)} of one result; {LEAST_OF_A_RESULT} are needed"
    if not sum(best.elsewhere):
        return None, "the judge saw no task that people did not check"
    for stands_for, tasks in zip(best.stands_for, (rest.tasks, rest.tasks - rest.labelled), strict=True):
        if not tasks / FRAME_WITHIN <= stands_for <= tasks * FRAME_WITHIN:
            return None, f"it was drawn from about {units.grouped(stands_for)} of {units.grouped(tasks)} tasks"
    return best, ""


def _judges(rows: Sequence[Row]) -> list[Judge]:
    found: dict[tuple[str, str], Judge] = {}
    for row in rows:
        kind, _, rest = (row["slice"] or "").partition("|")
        if kind not in ("labelled", "judged"):
            continue
        rubric, _, name = rest.partition("|")
        own = found.get((rubric, name), Judge(rubric, name))
        scale = row["denominator"] / row["denominator_sq"]  # one weighted case in effective cases
        passed, total = row["numerator"] * scale, row["denominator"] * scale
        if kind == "judged":
            stands_for = own.stands_for[0], row["denominator"]
            found[rubric, name] = replace(own, elsewhere=(passed, total - passed), stands_for=stands_for)
        else:
            right, both = row["numerator_sq"] * scale, row["cross_sum"] * scale
            cells = (both, right - both, passed - both, total - right - passed + both)
            stands_for = row["denominator"], own.stands_for[1]
            found[rubric, name] = replace(own, labelled=cells, stands_for=stands_for)
    return list(found.values())


def _through_errors(judge: Judge) -> stats.judge.Corrected | None:
    """Accuracy read through the judge's own errors, as a check on the other; None of a judge no better than a coin."""
    right_passed, right_failed, wrong_passed, wrong_failed = judge.labelled
    right, wrong, more = right_passed + right_failed, wrong_passed + wrong_failed, sum(judge.elsewhere)
    sensitivity, specificity = right_passed / right, wrong_failed / wrong
    if sensitivity + specificity <= 1:
        return None
    return stats.judge_corrected_accuracy(judge.elsewhere[0] / more, specificity, sensitivity, more, wrong, right)


def _against(powered: Smoothed, through: stats.judge.Corrected | None, rest: Rest, judge: Judge) -> str:
    """Why the judge does not help after all; '' where it does."""
    if through is not None and (through.lo > powered.hi or through.hi < powered.lo):
        return "the judge behaves differently on tasks that people checked and on the others"
    if powered.n_eff <= rest.n_eff:
        return f"the judge adds nothing: of {units.grouped(rest.n_eff)} labels it saw {units.grouped(judge.labels)}"
    return ""


def _combined(kpi: Kpi, whole: Row, record: Row, rest: Rest, powered: Smoothed) -> Estimate:
    """Both strata by their shares of the tasks, with Wilson's interval on the labels that this is worth."""
    tasks, recorded = whole["eligible"], record["n"] or 0
    right = (record["numerator"] or 0.0) + rest.tasks * powered.point
    value = right / tasks
    share, smoothed = recorded / tasks, ((record["numerator"] or 0.0) + 0.5) / (recorded + 1)
    variance = ((1 - share) * powered.se) ** 2
    if recorded:
        variance += share**2 * smoothed * (1 - smoothed) / recorded
    n_eff = value * (1 - value) / variance
    limits = stats.wilson(value * n_eff, n_eff)
    return Estimate(
        "", value, limits or (None, None), whole["n"] or 0, right, float(tasks), whole["covered"], tasks, kpi.minimum_n,
        bounded=limits is not None, n_eff=n_eff,
    )  # fmt: skip


def _corrected(kpi: Kpi, labels: Estimate, through: stats.judge.Corrected | None, rest: Rest) -> list[Estimate]:
    """The tasks without a recorded result read through the judge's errors: only a check on the estimate."""
    if through is None:
        return []
    return [
        labels._replace(
            slice="through_judge_errors", value=through.point, interval=(through.lo, through.hi),
            numerator=through.point * rest.tasks, denominator=float(rest.tasks), n_eff=None, bounded=True, note=None,
        )
    ]  # fmt: skip


def _said(labels: Estimate, why_not: str) -> str | None:
    return f"{labels.note}; no judge is used: {why_not}" if labels.note and why_not else labels.note


def _added(found: Estimate, labels: Estimate, judge: Judge) -> str:
    """What was used and what the judge added to it."""
    checked = (
        f"{units.grouped(judge.labels)} labels and {units.grouped(sum(judge.elsewhere))} verdicts on {judge.rubric}"
    )
    alone, together = labels.n_eff or 0.0, found.n_eff or 0.0
    return (
        f"{POWERED} ({checked}); it is worth {units.grouped(together)} labels, without the judge {units.grouped(alone)}"
    )
