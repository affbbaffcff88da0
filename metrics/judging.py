"""From summed parts to what is known of judges, escalations and stated confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from metrics import stats
from metrics.catalogue import Kpi
from metrics.estimated import Estimate
from metrics.parts import Row
from metrics.stats.interval import Interval

LEAST_OF_A_CLASS = 10
LEAST_AUDIT = 100


def agreement(kpi: Kpi, rows: Sequence[Row]) -> list[Estimate]:
    """Kappa of all judges together, then raw agreement, AC1, sensitivity and specificity, then kappa by rubric."""
    found: list[Estimate] = []
    for row in sorted(rows, key=lambda row: row["slice"] or ""):
        found.append(_kappa(kpi, row))
        if not row["slice"] and row["denominator"]:
            found += _beside_kappa(kpi, row)
    return found


def _table(row: Row) -> list[list[float]]:
    """Counts by [person: wrong, right][judges: fail, pass]."""
    both, right, passed = row["numerator"] or 0, row["denominator_sq"] or 0, row["cross_sum"] or 0
    n = row["denominator"] or 0
    return [[n - right - passed + both, passed - both], [right - both, both]]


def _kappa(kpi: Kpi, row: Row) -> Estimate:
    name, n = row["slice"] or "", row["n"] or 0
    if not n:
        return _estimate(kpi, row, name, None, None)
    cells = _table(row)
    found = stats.cohens_kappa(cells)
    enough = min(sum(cells[0]), sum(cells[1])) >= LEAST_OF_A_CLASS
    between = found.ci95 and Interval(max(-1.0, found.ci95[0]), min(1.0, found.ci95[1]))
    told = _estimate(kpi, row, name, found.kappa, between, bounded=enough and found.kappa is not None)
    return told._replace(note="People and judges both call everything right, or wrong: kappa says nothing then.")


def _beside_kappa(kpi: Kpi, row: Row) -> list[Estimate]:
    (wrong_failed, wrong_passed), (right_failed, right_passed) = _table(row)
    wrong, right = wrong_failed + wrong_passed, right_failed + right_passed
    ac1 = stats.cohens_kappa(_table(row)).gwet_ac1
    shares = {
        "agreement": (wrong_failed + right_passed, wrong + right),
        "sensitivity": (right_passed, right),
        "specificity": (wrong_failed, wrong),
    }
    found = [_estimate(kpi, row, "ac1", ac1, None)]
    for name, (k, n) in shares.items():
        found.append(_estimate(kpi, row, name, k / n if n else None, stats.wilson(k, n), counted=(k, n)))
    return found


def precision_recall(kpi: Kpi, rows: Sequence[Row]) -> list[Estimate]:
    """How many reviewed escalations were needed, and how many of the tasks that needed one got it."""
    (row,) = rows
    needed, reviewed = row["numerator"] or 0, row["denominator"] or 0
    wrong, audited = row["numerator_sq"] or 0, row["denominator_sq"] or 0
    escalated, alone = row["eligible"] or 0, row["cross_sum"] or 0
    found = stats.escalation_precision_recall(reviewed, needed, audited, wrong, escalated, alone)
    whole = _estimate(kpi, row, "", found["precision"], stats.wilson(needed, reviewed), counted=(needed, reviewed))
    limits = _recall_interval(needed, reviewed, wrong, audited, escalated, alone)
    lacking = (0, round(escalated)) if not reviewed else (round(audited), round(alone))
    recall = Estimate(
        "recall", found["recall"], limits or (None, None), round(audited), None, None, *lacking,
        LEAST_AUDIT, bounded=limits is not None,
        note="No escalation was reviewed." if escalated else "No task was escalated, and none was found to need it.",
    )  # fmt: skip
    return [whole, recall]


def _recall_interval(
    needed: float, reviewed: float, wrong: float, audited: float, escalated: float, alone: float
) -> Interval | None:
    """Recall at the ends of both shares' intervals that lie worst and best: never narrower than 95 %."""
    caught, missed = stats.wilson(needed, reviewed), stats.wilson(wrong, audited)
    if caught is None or missed is None:
        return None

    def recall(precision: float, error: float) -> float:
        found = escalated * precision + alone * error
        return escalated * precision / found if found else 1.0

    return Interval(recall(caught.lo, missed.hi), recall(caught.hi, missed.lo))


def calibration(kpi: Kpi, rows: Sequence[Row]) -> list[Estimate]:
    """The error of stated confidence beyond chance, then over-confidence, Brier score with its parts, and AUROC."""
    bins = [row for row in rows if row["slice"] != "none" and row["n"]]
    n = sum(row["n"] for row in bins)
    eligible = sum(row["eligible"] or 0 for row in rows)
    if not n:
        return [Estimate("", None, (None, None), 0, None, None, 0, eligible, kpi.minimum_n)]
    groups = [(row["n"], row["cross_sum"], row["numerator"]) for row in sorted(bins, key=lambda row: row["slice"])]
    found = stats.binned_calibration(groups)
    values = {
        "": (found.ece_beyond_chance, found.ece_interval),
        "over_confidence": (found.over_confidence, found.over_confidence_interval),
        "brier": (found.brier, None),
        "auroc": (found.auroc, None),
        "reliability": (found.reliability, None),
        "resolution": (found.resolution, None),
        "uncertainty": (found.uncertainty, None),
    }
    return [
        Estimate(
            name,
            value,
            limits or (None, None),
            n,
            None,
            None,
            n,
            eligible,
            kpi.minimum_n,
            note="It takes right and wrong answers to tell them apart.",
        )
        for name, (value, limits) in values.items()
    ]


def _estimate(
    kpi: Kpi,
    row: Row,
    name: str,
    value: float | None,
    limits: Interval | None,
    *,
    counted: tuple[float, float] | None = None,
    bounded: bool = True,
) -> Estimate:
    numerator, denominator = counted or (None, None)
    n = row["n"] or 0 if counted is None else math.floor(counted[1])
    return Estimate(
        name, value, limits or (None, None), n, numerator, denominator, row["covered"], row["eligible"],
        kpi.minimum_n, bounded=bounded,
    )  # fmt: skip
