"""Business rules: the owner's SQL that decides how a task ended, what it is worth, its segment or its deadline.

A rule sees the tasks of its agents as they were recorded, and what belongs to them; it decides over each task alone, or
over all tasks of one business key together. It runs over the tasks that a build makes again, so the same rows give the
same decisions in any order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import duckdb

from sql.contract import GOOD_ID, KpiFile, Violation, as_file, select_faults
from sql.definitions import BrokenOwn, Refusals
from sql.statement import look_into
from sql.trial import Rows, Trial, told

REQUIRED = ("label", "definition", "agents", "decides", "needs")
OPTIONAL = ("sees", "waits_days", "version")
DECIDES = {
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "value_usd": "a number",
    "segment": "MAP(VARCHAR, VARCHAR)",
    "deadline_minutes": "a number",
}
STATUSES = ("success", "failed", "partial")
SEES = ("task", "key")
LONGEST_WAIT = 92
RELATIONS = ("tasks", "labels", "model_calls", "tool_calls", "escalations")
# What is decided cannot be read: a rule would go by its own earlier word.
HIDDEN = ("status", "status_source", "reason", "mature", "value_usd", "segment", "deadline_minutes", "waits_until")
_UNKNOWN_TASK = "task_id IS NULL OR task_id NOT IN (SELECT task_id FROM ruled)"
# Tasks that are decided without the others, to see whether that changes anything: half of them, and one by itself.
_FEW = (
    'SELECT task_id FROM ruled WHERE "group" % 2 = 0',
    'SELECT task_id FROM ruled WHERE "group" = (SELECT max("group") FROM ruled SEMI JOIN decisions USING (task_id))',
)
_NUMERIC = ("INT", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT")


@dataclass(frozen=True)
class Rule:
    """A rule that keeps its contract. `agents`: None for all; `by_key`: it sees the tasks of a key together."""

    file: KpiFile

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.file.id

    @property
    def agents(self) -> tuple[str, ...] | None:
        """The agents whose tasks it decides."""
        named = _names(self.file.head["agents"])
        return None if named == ("all",) else named

    @property
    def decides(self) -> tuple[str, ...]:
        """The columns it decides."""
        return _names(self.file.head["decides"])

    @property
    def by_key(self) -> bool:
        """Whether it sees all tasks of one business key."""
        return self.file.head.get("sees") == "key"

    @property
    def waits_days(self) -> int:
        """How many days after a task's end its status is decided."""
        return int(self.file.head.get("waits_days", "0"))

    def meets(self, other: Rule) -> bool:
        """Whether two rules would decide the same of the same task."""
        apart = self.agents and other.agents and not set(self.agents) & set(other.agents)
        return not apart and bool(set(self.decides) & set(other.decides))


class _BrokenRule(Exception):
    """The decisions of a rule break its contract; `found` says where."""

    def __init__(self, found: list[Violation]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = found


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def is_rule(file: KpiFile) -> bool:
    """Whether a file means to be a rule."""
    return "decides" in file.head


def violations(file: KpiFile) -> list[Violation]:
    """What can be said of a rule's file without any data."""
    return [*_keys(file), *_values(file), *_select(file)]


def _keys(file: KpiFile) -> Iterator[Violation]:
    if not GOOD_ID.fullmatch(file.id):
        yield file.breaks(1, f"{file.id!r} is no name.", "Take 2 to 40 small letters, digits and underscores.")
    for key, line in file.lines.items():
        if key.endswith(" again"):
            yield file.breaks(line, f"{key.removesuffix(' again')} is given twice.", "Leave one of the lines.")
        elif key not in REQUIRED + OPTIONAL:
            yield file.breaks(line, f"unknown head key {key!r}.", f"Known are {', '.join(REQUIRED + OPTIONAL)}.")
    for key in REQUIRED:
        if not file.head.get(key):
            yield file.breaks(file.lines.get(key, 1), f"the head lacks {key}.", f"Add a line '-- {key}: …'.")


def _values(file: KpiFile) -> Iterator[Violation]:
    decides = _names(file.head.get("decides", ""))
    for name in decides:
        if name not in DECIDES:
            known = ", ".join(DECIDES)
            yield file.breaks(file.lines["decides"], f"decides names {name!r}.", f"It can decide {known}.")
    if "reason" in decides and "status" not in decides:
        yield file.breaks(file.lines["decides"], "it gives a reason for no status.", "Decide status too.")
    if file.head.get("sees", "task") not in SEES:
        yield file.breaks(file.lines["sees"], f"sees is {file.head['sees']!r}.", f"Choose one of {', '.join(SEES)}.")
    wait = file.head.get("waits_days", "0")
    if not wait.isdigit() or int(wait) > LONGEST_WAIT:
        yield file.breaks(
            file.lines["waits_days"], f"waits_days is {wait!r}.", f"Give a number from 0 to {LONGEST_WAIT}."
        )


def _select(file: KpiFile) -> Iterator[Violation]:
    if not file.select.strip():
        yield file.breaks(1, "the SELECT is missing.", "Add it below the head.")
        return
    found = look_into(file.select)
    yield from select_faults(file, found, RELATIONS)
    named, read = set(_names(file.head.get("needs", ""))), set(found.tables) & set(RELATIONS)
    if not found.fault and "needs" in file.lines and named != read:
        yield file.breaks(
            file.lines["needs"],
            f"needs names {', '.join(sorted(named))}.",
            f"The SELECT reads {', '.join(sorted(read))}.",
        )


@lru_cache(maxsize=200)
def _faults(name: str, text: str) -> str | None:
    return "\n".join(map(str, violations(as_file(f"{name}.sql", text)))) or None


def accepted(con: duckdb.DuckDBPyConnection, now: datetime) -> list[Rule]:
    """The owner's rules as they can be taken, by name; what cannot is written down with the reason."""
    given = con.execute("SELECT name, text, fault FROM config.own_files WHERE kind = 'rule' ORDER BY name").fetchall()
    refusals = Refusals(con, "rule")
    taken: list[Rule] = []
    for name, text, fault in given:
        reason = fault or _faults(name, text)
        rule = Rule(as_file(f"{name}.sql", text or ""))
        other = None if reason else next((each for each in taken if each.meets(rule)), None)
        if other is not None:
            what = f"the rule {other.name} decides the same of the same tasks."
            reason = str(rule.file.breaks(rule.file.lines["decides"], what, "Let one of them decide, or name agents."))
        if reason is None and (name, text) not in refusals.broke:
            taken.append(rule)
        else:
            refusals.add(name, text, reason or "")
    refusals.save(now)
    return taken


def note_keys(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> None:
    """Tell the choice of traces whether any rule sees the tasks of a key together: `key_rules` has rows then."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE key_rules AS SELECT unnest(?::VARCHAR[]) AS name",
        [[rule.name for rule in rules if rule.by_key]],
    )


def decide(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], *, full: bool) -> None:
    """Let the rules decide over the tasks that this build made. Raises BrokenOwn."""
    for rule in rules:
        given = "true" if full else "task_id IN (SELECT task_id FROM int_tasks)"
        try:
            try_out(con, rule, "mart", given, whole=full)
        except _BrokenRule as broken:
            raise BrokenOwn("rule", rule.name, rule.file.text, "\n".join(map(str, broken.found))) from broken
        _update(con, rule)


def try_out(con: duckdb.DuckDBPyConnection, rule: Rule, marts: str, given: str, *, whole: bool) -> None:
    """Fill `decisions` with what a rule says of the given tasks. Raises _BrokenRule where that breaks the contract.

    `whole`: all tasks are given, so that some of them can be decided alone and compared.
    """
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE ruled AS
            SELECT task_id, hash({_group(rule)}) AS "group" FROM {marts}.tasks
            WHERE {given} AND ($agents IS NULL OR list_contains($agents::VARCHAR[], agent_id))""",
        {"agents": list(rule.agents) if rule.agents else None},
    )
    _make(con, rule, marts, "decisions", "FROM ruled")
    for few in _FEW if whole else ():
        _make(con, rule, marts, "few_decisions", few)
        _refuse(list(_few_faults(con, rule, few)))


def faults_on_published(trial: Trial, rule: Rule) -> list[Violation]:
    """What is wrong with a rule's decisions over all published tasks."""
    try:
        try_out(trial.con, rule, "published.main", "true", whole=True)
    except _BrokenRule as broken:
        return broken.found
    return []


def _group(rule: Rule) -> str:
    return "coalesce(business_key, task_id)" if rule.by_key else "task_id"


def _views(marts: str, ruled: str) -> Mapping[str, str]:
    """What a rule can read, as SELECTs: of the tasks in `ruled` alone."""
    found = {name: f"SELECT * FROM {marts}.{name} SEMI JOIN ({ruled}) USING (task_id)" for name in RELATIONS}
    found["tasks"] = found["tasks"].replace("*", f"* EXCLUDE ({', '.join(HIDDEN)})", 1)
    return found


def _make(con: duckdb.DuckDBPyConnection, rule: Rule, marts: str, table: str, ruled: str) -> None:
    """Fill a temporary table with the rule's decisions. Raises _BrokenRule where they break the contract."""
    for name, text in _views(marts, ruled).items():
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {text}")
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM ({rule.file.select}\n) AS decisions")
        _refuse(list(_decision_faults(rule, lambda query: _rows(con, query), table)))
    except duckdb.Error as error:
        fault = rule.file.breaks(rule.file.select_line, f"DuckDB refused it: {told(error)}", "Mend the SELECT.")
        raise _BrokenRule([fault]) from error
    for name in RELATIONS:
        con.execute(f"DROP VIEW {name}")


def _refuse(faults: list[Violation]) -> None:
    if faults:
        raise _BrokenRule(faults)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    result = con.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _decision_faults(rule: Rule, rows: Rows, table: str) -> Iterator[Violation]:
    """What the decisions are not: the columns that the head says, known words, one row a task."""
    columns = {str(row["column_name"]): str(row["column_type"]) for row in rows(f"DESCRIBE {table}")}
    wanted = {"task_id": "VARCHAR", **{name: DECIDES[name] for name in rule.decides}}
    line = rule.file.select_line
    if set(columns) != set(wanted):
        yield rule.file.breaks(line, f"the SELECT gives {', '.join(columns)}.", f"Give {', '.join(wanted)}.")
        return
    for name, type_ in columns.items():
        number = type_.startswith(_NUMERIC) or type_.endswith("INT") or type_.endswith("INTEGER")
        if type_ not in (wanted[name], '"NULL"') and not (wanted[name] == "a number" and number):
            yield rule.file.breaks(line, f"{name} is {type_}.", f"Make it {wanted[name]}.")
    told_twice = f"SELECT task_id FROM {table} GROUP BY task_id HAVING count(*) > 1"
    tests = [
        ("a task is decided twice", f"task_id IN ({told_twice})", "Give one row a task."),
        ("no task of its agents is named", _UNKNOWN_TASK, "Take task_id from tasks."),
    ]
    if "status" in rule.decides:
        tests.append(("status is another word", f"status NOT IN {STATUSES}", f"Give {', '.join(STATUSES)} or NULL."))
    for what, condition, mend in tests:
        found = rows(f"SELECT count(*) AS n, min(task_id) AS task FROM {table} WHERE {condition}")[0]
        if found["n"]:
            yield rule.file.breaks(line, f"in {found['n']} rows {what} (such as {found['task']}).", mend)


def _few_faults(con: duckdb.DuckDBPyConnection, rule: Rule, few: str) -> Iterator[Violation]:
    """Whether a few of the tasks alone are decided as among all: a build sees only what is touched."""
    whole = f"(FROM decisions SEMI JOIN ({few}) USING (task_id))"
    differing = f"(({whole} EXCEPT FROM few_decisions) UNION (FROM few_decisions EXCEPT {whole}))"
    found = _rows(con, f"SELECT count(*) AS n, min(task_id) AS task FROM {differing}")[0]
    if found["n"]:
        what = f"{found['n']} tasks are decided otherwise when other tasks are missing (such as {found['task']})."
        mend = "Let no decision depend on other tasks, or say 'sees: key' and join by business_key alone."
        yield rule.file.breaks(rule.file.select_line, what, mend)


def _update(con: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Write the decisions into the tasks that are finished."""
    open_ = f"coalesce(t.ended_at, t.started_at) + INTERVAL {rule.waits_days} DAY > getvariable('now')"
    sets = {
        "value_usd": "d.value_usd::DECIMAL(18,9)",
        "deadline_minutes": "d.deadline_minutes::DOUBLE",
        "segment": "map_concat(coalesce(t.segment, MAP {}), coalesce(d.segment, MAP {}))",
    }
    changes = {name: text for name, text in sets.items() if name in rule.decides}
    if changes:
        _set(con, changes, "t.mature")
    if "status" in rule.decides:
        why = "d.reason" if "reason" in rule.decides else "t.reason"
        reason = f"coalesce({why}, CASE WHEN d.status = 'partial' THEN 'partial' END)"
        decided = {
            "status": "CASE d.status WHEN 'success' THEN 'success' ELSE 'failed' END",
            "status_source": f"'rule:{rule.name}'",
            "reason": reason,
        }
        known = "t.mature AND d.status IS NOT NULL AND t.status IS DISTINCT FROM 'cancelled'"
        _set(con, decided, f"{known} AND NOT ({open_})")
        waits = {
            "status": "NULL",
            "status_source": f"'rule:{rule.name}'",
            "reason": "NULL",
            "mature": "false",
            "waits_until": f"coalesce(t.ended_at, t.started_at) + INTERVAL {rule.waits_days} DAY",
        }
        if rule.waits_days:
            _set(con, waits, f"{known} AND {open_}")


def _set(con: duckdb.DuckDBPyConnection, changes: Mapping[str, str], where: str) -> None:
    said = ", ".join(f"{column} = {text}" for column, text in changes.items())
    con.execute(f"UPDATE mart.tasks AS t SET {said} FROM decisions AS d WHERE t.task_id = d.task_id AND {where}")
