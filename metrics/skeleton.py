"""python -m metrics new: a KPI file that keeps the contract from the first moment, to be changed into one's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from metrics.model import QueryError
from sql.contract import GOOD_ID

_INTERVALS = {
    "ratio": "wilson",
    "mean": "log_delta",
    "cost_ratio": "fieller",
    "quantile": "binomial_ranks",
    "count": "none",
    "sum": "none",
}
KINDS = tuple(_INTERVALS)
UNITS = {"ratio": "ratio", "mean": "count", "cost_ratio": "usd", "quantile": "ms", "count": "count", "sum": "usd"}
_FORMULAS = {
    "ratio": "tasks that ended in success / tasks with a status",
    "mean": "sum of model calls / tasks",
    "cost_ratio": "sum of model-call cost / tasks that ended in success",
    "quantile": "p50, p95 and p99 over log buckets of 1 % width",
    "count": "number of tasks",
    "sum": "sum of model-call cost",
}
_PARTS = {
    "ratio": """    count(*) FILTER (status = 'success') AS numerator,
    count(*) FILTER (status IS NOT NULL) AS denominator,
    count(*) FILTER (status IS NOT NULL) AS n,
    count(*) FILTER (status IS NOT NULL) AS covered,
    count(*) AS eligible""",
    "mean": """    sum(model_calls) AS numerator,
    sum(model_calls * model_calls) AS numerator_sq,
    count(model_calls) AS denominator,
    count(model_calls) AS n,
    count(model_calls) AS covered,
    count(*) AS eligible""",
    "cost_ratio": """    sum(cost_usd::DOUBLE) AS numerator,
    sum(cost_usd::DOUBLE * cost_usd::DOUBLE) AS numerator_sq,
    count(*) FILTER (status = 'success') AS denominator,
    count(*) FILTER (status = 'success') AS denominator_sq,
    coalesce(sum(cost_usd::DOUBLE) FILTER (status = 'success'), 0) AS cross_sum,
    count(*) AS n,
    count(cost_usd) AS covered,
    count(*) AS eligible""",
    "quantile": """    dd_idx(duration_ms) AS bucket,
    count(*) AS n,
    sum(duration_ms) AS sum_ms,
    min(duration_ms) AS min_ms,
    max(duration_ms) AS max_ms""",
    "count": """    count(*) AS numerator,
    count(*) AS n,
    count(*) FILTER (mature) AS covered,
    count(*) AS eligible""",
    "sum": """    sum(cost_usd)::DOUBLE AS numerator,
    count(*) AS n,
    count(cost_usd) AS covered,
    count(*) AS eligible""",
}
_FILE = """-- label: {label}
-- question: {question}
-- definition: What is counted, over which tasks, and what is left out.
-- formula: {formula}
-- unit: {unit}
-- better: {better}
-- kind: {kind}
-- interval: {interval}
-- minimum_n: {minimum_n}
-- evidence: tasks have what it needs
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: {pillar}
-- catalogue: own
-- version: 1
-- One row per agent, version, day, task type and environment; the parts are added up and divided last. Unknown is NULL.
SELECT
    agent_id, agent_version, day, task_type, environment,
{parts}
FROM tasks
WHERE mature
GROUP BY ALL
"""


@dataclass(frozen=True)
class Wanted:
    """What a new KPI shall be; what is left out follows from the kind."""

    kind: str = "ratio"
    unit: str | None = None
    question: str | None = None
    better: str | None = None
    pillar: str = "1"


def write_new(kpi: str, wanted: Wanted, folder: Path, taken: Collection[str]) -> Path:
    """Write `folder`/`kpi`.sql and return it. Raises QueryError for a bad or taken id; it never overwrites."""
    if not GOOD_ID.fullmatch(kpi):
        raise QueryError(f"{kpi!r} is no id: take 2 to 40 small letters, digits and underscores, a letter first.")
    if kpi in taken:
        raise QueryError(f"{kpi} is a KPI of Agent Ledger: take another id. `python -m metrics list` shows them all.")
    path = folder / f"{kpi}.sql"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text_of(kpi, wanted))
    except FileExistsError:
        raise QueryError(f"{path} exists and stays as it is: take another id, or delete the file first.") from None
    except OSError as error:
        raise QueryError(f"{path} cannot be written ({error.strerror}): give --folder another folder.") from None
    return path


def text_of(kpi: str, wanted: Wanted) -> str:
    """The text of the file."""
    label = kpi.replace("_", " ").capitalize()
    unit = wanted.unit or UNITS[wanted.kind]
    return _FILE.format(
        label=label,
        question=" ".join((wanted.question or "").split()) or f"What is the {label.lower()}?",
        formula=_FORMULAS[wanted.kind],
        unit=unit,
        better=wanted.better or ("lower" if unit in ("usd", "ms") else "none"),
        kind=wanted.kind,
        interval=_INTERVALS[wanted.kind],
        minimum_n=1 if wanted.kind in ("count", "sum") else 30,
        pillar=wanted.pillar,
        parts=_PARTS[wanted.kind],
    )
