"""One view a KPI in the published file, named with its version: `kpi_success_rate_v1`.

A query on a view keeps its meaning: a changed definition gets a new version and so a new name, and the view of the
former version answers on, with the parts as they were shown last. The views hold the parts of every day with names that
say what they are; sum them over anything and divide last.
`value` is of the row alone.
"""

from __future__ import annotations

import duckdb

from sql import definitions
from sql.models import Model, folder
from sql.restating import PART_TABLES

Views = tuple[tuple[str, str, str], ...]
GRAIN = "agent_id, agent_version, day, task_type, environment"
_DIVIDED = "numerator, denominator, n, covered, eligible, numerator / nullif(denominator, 0) AS value"
_SHARED = f"""numerator, max(denominator) FILTER (slice = '') OVER whole AS denominator,
    max(n) FILTER (slice = '') OVER whole AS n, max(covered) FILTER (slice = '') OVER whole AS covered,
    max(eligible) FILTER (slice = '') OVER whole AS eligible,
    numerator / nullif(max(denominator) FILTER (slice = '') OVER whole, 0) AS value
FROM kpi_daily
WHERE kpi = '{{kpi}}'
WINDOW whole AS (PARTITION BY {GRAIN})"""
_DAILY = "FROM kpi_daily WHERE kpi = '{kpi}'"
# What the parts of the other kinds are called.
_NAMED = {
    "count": f"numerator AS value, n, covered, eligible {_DAILY}",
    "sum": f"numerator AS value, n, covered, eligible {_DAILY}",
    "accuracy": f"""numerator, denominator, n, covered, eligible, denominator_sq, numerator_sq, cross_sum,
    CASE WHEN slice = '' THEN numerator / nullif(denominator, 0) END AS value_by_labels_only {_DAILY}""",
    "mix": f"n AS cases {_DAILY}",
    "agreement": f"""numerator AS both_pass, denominator_sq AS person_passes, cross_sum AS judges_pass,
    n AS judged_by_both, eligible AS judged {_DAILY}""",
    "precision_recall": f"""numerator AS needed, denominator AS reviewed, eligible AS escalated,
    numerator_sq AS audited_wrong, denominator_sq AS audited, cross_sum AS not_escalated {_DAILY}""",
    "calibration": f"n, numerator AS were_right, cross_sum AS sum_of_confidence, eligible {_DAILY}",
    "quantile": """bucket, n, sum_ms, min_ms, max_ms,
    CASE WHEN bucket = -2147483648 THEN 0.0 ELSE 2 * pow(1.01::DOUBLE / 0.99, bucket) / (1.01::DOUBLE / 0.99 + 1) END
        AS bucket_ms
FROM latency_buckets WHERE kpi = '{kpi}'""",
}
_PASS_K = f"""SELECT {GRAIN}, group_key AS job, numerator AS successes, denominator AS tries
FROM kpi_groups WHERE kpi = '{{kpi}}'"""


def name(model: Model) -> str:
    """The name of a KPI's view."""
    return f"kpi_{model.name}_v{model.need('version').replace('.', '_')}"


def select(model: Model, *, superseded: bool = False) -> str:
    """The SELECT of a KPI's view, over the tables of the published file: the parts in force, or those of a version
    that gave way."""
    kind = model.need("kind")
    if kind == "pass_k":
        text = _PASS_K
    elif kind in _NAMED:
        text = f"SELECT {GRAIN}, slice, {_NAMED[kind]}"
    elif model.need("slice_denominator") == "total":
        text = f"SELECT {GRAIN}, slice, {_SHARED.format(kpi='{kpi}')}"
    else:
        text = f"SELECT {GRAIN}, slice, {_DIVIDED} {_DAILY}"
    if superseded:
        text = text.replace("'{kpi}'", f"'{{kpi}}' AND version = '{model.need('version')}'")
        for table in PART_TABLES:
            text = text.replace(f"FROM {table}", f"FROM superseded_{table}")
    return text.format(kpi=model.name)


def views(con: duckdb.DuckDBPyConnection) -> Views:
    """Name, SELECT and meaning of every view: of the KPIs in force, and of the versions that gave way."""
    now = [(definitions.model(each), False) for each in definitions.in_force(con).values()]
    once = [(definitions.model(each), True) for each in definitions.former(con)]
    return tuple(
        (name(model), select(model, superseded=superseded), _meaning(model, superseded=superseded))
        for model, superseded in (*now, *once)
    )


def _meaning(model: Model, *, superseded: bool) -> str:
    until = " As shown until this version gave way; nothing is added." if superseded else ""
    return f"{model.need('label')}: {model.need('formula')}. Parts of each day; sum them, divide last.{until}"


def write(con: duckdb.DuckDBPyConnection, made: Views) -> None:
    """Make the views in the attached database `out`, which holds the tables already."""
    here = con.execute("SELECT current_database()").fetchone()
    con.execute(
        "USE out"
    )  # a view keeps the names as written: without a database they hold wherever the file is opened
    try:
        for model in folder("by_task").values():
            con.execute(f"CREATE VIEW {model.name} AS {model.sql}")
            con.execute(f"COMMENT ON VIEW {model.name} IS '{model.need('grain')}'")
        for view, text, meaning in made:
            con.execute(f"CREATE VIEW {view} AS {text}")
            con.execute(f"COMMENT ON VIEW {view} IS '{meaning.replace(chr(39), chr(39) * 2)}'")
    finally:
        con.execute(f'USE "{here[0] if here else ""}"')
