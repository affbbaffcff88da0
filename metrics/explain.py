"""Why a number is what it is: everything behind one value, generated from the KPI file and the published file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from metrics import units
from metrics.catalogue import Kpi, kpi_named
from metrics.estimate import LONGEST_RUN, estimates
from metrics.model import NOT_REAL_WORK, Access, Query, Value
from metrics.outlook import outlook
from metrics.parts import Reader, Row, Statement, condition, maturity, statement
from metrics.quantiles import QUANTILES
from metrics.run import run
from metrics.stats import Interval, missing_label_bounds
from metrics.stats.buckets import gamma_of

METHODS: dict[str, str] = {
    "wilson": "Wilson score interval, 95 %",
    "weighted_wilson": "Wilson score interval on the effective sample size, 95 %",
    "clustered_wilson": "Wilson score interval, 95 %, widened where calls of one task go alike",
    "log_delta": "delta method on the log scale, 95 %",
    "fieller": "Fieller interval of a ratio of sums, 95 %",
    "binomial_ranks": "order statistics from binomial ranks, 95 %, durations taken as independent",
    "group_bootstrap": "bootstrap over jobs, 95 %, fixed seed",
    "clopper_pearson": "exact binomial interval, 95 %",
    "monte_carlo": "simulated from the baseline's range and how sure the share of successes is, 95 %, fixed seed",
    "kappa": "asymptotic standard error of kappa, 95 %",
    "bootstrap": "bootstrap of the results in each hundredth of confidence, 95 %, fixed seed",
    "none": "none: what was seen was counted, not sampled",
}

# p50, p95 and p99 from summed buckets.
_QUANTILE_SQL = """WITH parts AS (
:parts
), counted AS (
SELECT
  *,
  sum(n) OVER (PARTITION BY slice ORDER BY bucket) AS seen,
  sum(n) OVER (PARTITION BY slice) AS total,
  min(min_ms) OVER (PARTITION BY slice) AS least_ms,
  max(max_ms) OVER (PARTITION BY slice) AS most_ms
FROM parts
WHERE bucket IS NOT NULL
)
SELECT
  slice, q,
  least(most_ms, greatest(least_ms, 2 * pow(:gamma, min(bucket)) / (:gamma + 1))) AS value_ms,
  total AS n
FROM counted, (VALUES :wanted) AS wanted (q)
WHERE seen > q * (total - 1)
GROUP BY slice, q, least_ms, most_ms, total
ORDER BY slice, q"""
# C(successes, k) / C(trials, k), summed over the jobs with at least k tries.
_CONSISTENCY_SQL = """WITH counted AS (
:jobs
), tried AS (
SELECT successes AS s, trials AS t, jobs, unnest(range(1, :longest + 1)) AS k FROM counted
)
SELECT
  k,
  sum(jobs * CASE WHEN s < k THEN 0 ELSE
    exp(lgamma(s + 1) - lgamma(s - k + 1) - lgamma(t + 1) + lgamma(t - k + 1)) END) AS numerator,
  sum(jobs)::BIGINT AS denominator
FROM tried
WHERE t >= k
GROUP BY k
ORDER BY k"""


NO_EVENT = "none was seen: the greatest rate that still fits, one-sided 95 %"


@dataclass(frozen=True)
class Explanation:
    """What the drawer behind a number shows. `sql` runs on kpis.duckdb as it stands and gives the same parts.

    `worst_case` is given for accuracy only: the share right if every unchecked answer were wrong, and if every one
    were right. Nothing about how the checked ones were chosen can make it false. `outlook` says what follows from the
    number, for the KPIs of which something does.
    """

    kpi: Kpi
    values: tuple[Value, ...]
    formula: str
    method: str
    sources: tuple[str, ...]
    freshness: dict[str, str]
    excluded: dict[str, int]
    sql: str
    worst_case: Interval | None = None
    outlook: str | None = None


def explain(published: Reader, kpi: str | Kpi, query: Query, access: Access) -> Explanation:
    """Everything behind the KPI over the whole period of the query; its grouping by time is ignored."""
    found = kpi_named(kpi, published)
    total = replace(query, by="total", group=())
    values = tuple(run(published, found, total, access))
    parts = statement(found, total, access).run(published) if found.kind == "accuracy" else []
    bounds, note = _worst_case(parts), _estimator(found, parts)
    return Explanation(
        kpi=found,
        values=values,
        formula=_formula(found, values[0]),
        method=_method(found, values[0], bounds, note),
        sources=found.sources,
        freshness=_freshness(published),
        excluded=_excluded(published, found, total, access),
        sql=runnable_sql(found, total, access),
        worst_case=bounds,
        outlook=outlook(published, found, total, access, values[0]),
    )


def runnable_sql(kpi: str | Kpi, query: Query, access: Access) -> str:
    """The SELECT that a person can run on the published file for the same numerator and denominator."""
    found = kpi_named(kpi)
    total = replace(query, by="total", group=())
    base = statement(found, total, access)
    text = base.spelled_out()
    if found.kind == "quantile":
        wanted = ", ".join(f"({q}::DOUBLE)" for q in QUANTILES.values())
        text = _filled(_QUANTILE_SQL, gamma=repr(gamma_of()), wanted=wanted, parts=text)
    elif found.kind == "pass_k":
        text = _filled(_CONSISTENCY_SQL, longest=str(LONGEST_RUN), jobs=text)
    return f"-- {found.label}: {found.formula} (definition {found.version})\n{text};"


def _filled(template: str, **values: str) -> str:
    for name, value in values.items():
        template = template.replace(f":{name}", value)
    return template


def _formula(kpi: Kpi, value: Value) -> str:
    """The formula with today's numbers."""
    if kpi.kind == "quantile":
        return f"{kpi.formula} of {units.grouped(value.n)} durations"
    if kpi.kind in ("agreement", "calibration", "mix"):
        return f"{kpi.formula} = {units.text(value.value, kpi.unit)} over {units.grouped(value.n)}"
    numerator = units.text(value.numerator, kpi.unit) if kpi.unit in ("usd", "ms") else _amount(value.numerator)
    if kpi.kind in ("count", "sum"):
        return f"{kpi.formula} = {numerator}"
    shown = units.text(value.value, kpi.unit)
    return f"{kpi.formula} = {numerator} / {_amount(value.denominator)} = {shown}"


def _amount(value: float | None) -> str:
    """A count as a whole number, a sum of weights or chances with one decimal."""
    whole = value is None or value == round(value)
    return units.text(value, "count") if whole or value is None else units.grouped(value, 1)


def _method(kpi: Kpi, value: Value, worst_case: Interval | None, note: str | None) -> str:
    """How the interval was made and, for accuracy, from what and how far off if what was checked is not typical."""
    if kpi.interval in ("wilson", "clustered_wilson") and kpi.better == "lower" and value.numerator == 0:
        return NO_EVENT
    if worst_case is None:
        return METHODS[kpi.interval]
    low, high = (units.text(limit, "ratio") for limit in worst_case)
    told = f"{METHODS[kpi.interval]}; {low} if every unchecked answer were wrong, {high} if every one were right"
    return f"{note}. {told}" if note else told


def _worst_case(parts: Sequence[Row]) -> Interval | None:
    """The bounds of accuracy whatever the unchecked answers were; None for other KPIs or without an answer."""
    for row in parts:
        if row["slice"] == "":
            return missing_label_bounds(row["cross_sum"] or 0.0, row["covered"] or 0, row["eligible"] or 0)
    return None


def _estimator(kpi: Kpi, parts: Sequence[Row]) -> str | None:
    """Which estimate of accuracy was used, and what the judge added or why it is not used."""
    return next((each.note for each in estimates(kpi, parts) if not each.slice), None) if parts else None


def _freshness(published: Reader) -> dict[str, str]:
    rows = published.rows("SELECT key, value FROM org WHERE value IS NOT NULL ORDER BY key", {})
    wanted = ("built_at", "data_through_at", "published_at", "timezone")
    return {row["key"]: row["value"] for row in rows if row["key"] in wanted}


def _excluded(published: Reader, kpi: Kpi, query: Query, access: Access) -> dict[str, int]:
    """What the number leaves out, each with its count; what is 0 is not listed."""
    found = {"tasks in test, synthetic, replay or load": _tasks_left_out(published, query, access)}
    for row in maturity(query, access).run(published) if _waits(kpi) else []:
        found["tasks not finished yet"] = (row["tasks"] or 0) - (row["mature"] or 0)
    if kpi.unit == "usd":
        covered, eligible = _coverage(published, kpi, query, access)
        found["model calls without a price"] = eligible - covered
    return {what: count for what, count in found.items() if count}


def _waits(kpi: Kpi) -> bool:
    """Whether a task counts only once it is finished; volume, calls and the cost of a success take it as it stands."""
    return "tasks" in kpi.needs and kpi.kind not in ("count", "cost_ratio")


def _tasks_left_out(published: Reader, query: Query, access: Access) -> int:
    if query.all_environments or query.environments is not None:
        return 0
    left_out = replace(query, environments=NOT_REAL_WORK)
    return sum(row["tasks"] or 0 for row in maturity(left_out, access).run(published))


def _coverage(published: Reader, kpi: Kpi, query: Query, access: Access) -> tuple[int, int]:
    """How many calls are priced, of how many."""
    where, params = condition(kpi.id, query, access)
    columns = "sum(covered)::BIGINT AS covered, sum(eligible)::BIGINT AS eligible"
    text = "\n".join((f"SELECT {columns}", "FROM kpi_daily", f"WHERE {where}", "  AND slice = ''"))
    row = Statement(text, params).run(published)[0]
    return row["covered"] or 0, row["eligible"] or 0
