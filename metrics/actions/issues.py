"""Issues: findings of one signature together, whom they touch, whether they deserve a name, and where they stand."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from metrics import drill, units
from metrics.actions.book import Book
from metrics.actions.evidence import local_day
from metrics.actions.lifecycle import RECENT_DAYS, Evidence, Exposure, State, lifecycle, of
from metrics.insights.cards import subject
from metrics.insights.model import Gate, Insight
from metrics.model import NOT_REAL_WORK, Access
from metrics.parts import Row
from metrics.states import read_freshness
from sql.published import Published

USUAL_DAYS = 28
SESSION_DAYS = 30
MOST_NEEDED, LEAST_NEEDED, SHARE_NEEDED = 15, 2, 0.0005
# Numbers of which a single task tells whether it was hit (sql/queries/issue_reach.sql).
CASEWISE = frozenset({
    "success_rate", "accuracy", "completion_rate", "escalation_rate", "error_rate", "task_latency",
    "tool_reliability", "tool_first_try", "tool_failures",
})  # fmt: skip
# What stands first: what came back or grows, then what is there, then what is settled.
ORDER: tuple[State, ...] = ("regressed", "escalating", "new", "ongoing", "resolved", "ignored")


@dataclass(frozen=True)
class Reach:
    """Whom an issue touched on its days: hit of exposed. None where no task names its session or user."""

    tasks: Exposure
    sessions: Exposure | None
    users: Exposure | None

    @property
    def sessions_text(self) -> str:
        """ "12 of 80 (15 %)"."""
        return _share(self.sessions)

    @property
    def users_text(self) -> str:
        """The same of users."""
        return _share(self.users)


@dataclass(frozen=True)
class Issue:
    """All findings of one signature. Not `promoted`: too few are touched yet; `gates` say what is needed."""

    id: str
    agent_id: str
    signature: str
    title: str
    state: State
    evidence: str
    muted: bool
    owner: str | None
    members: tuple[str, ...]
    first_seen: date
    reach: Reach
    gates: tuple[Gate, ...]
    promoted: bool
    touched: bool
    casewise: bool = True
    resolved_by_person: bool = False

    @property
    def gate_text(self) -> str:
        """ "raised", or the gate that holds it back with what is needed."""
        held = next((gate for gate in self.gates if not gate.passed), None)
        if held is None:
            return "raised"
        return f"{'raised by a person; ' if self.touched else 'waits: '}{held.name} {held.have}, needs {held.need}"


def issue_id(signature: str) -> str:
    """A short id that stays as long as the signature does."""
    return hashlib.sha256(f"issue|{signature}".encode()).hexdigest()[:10]


def issues_of(
    published: Published, access: Access, insights: Iterable[Insight], book: Book, as_of: date | None
) -> tuple[Issue, ...]:
    """The issues of a report, what needs somebody first. Findings held back, and those that only follow, are none."""
    groups: dict[str, list[Insight]] = {}
    for insight in insights:
        leads = insight.state != "held" and insight.primary is None and insight.verdict in ("worse", "unknown")
        if leads and access.allows(insight.agent_id):
            groups.setdefault(insight.signature, []).append(insight)
    if as_of is None:
        return ()
    found = [_issue(published, access, members, book, as_of) for members in groups.values()]
    return tuple(
        sorted(found, key=lambda each: (not each.promoted, ORDER.index(each.state), -each.reach.tasks.hit, each.id))
    )


def casewise(insight: Insight) -> bool:
    """Whether a single task tells that it was hit. A suspicious zero is about what no task tells."""
    return insight.kpi in CASEWISE and insight.kind in ("sudden", "level")


def _ended(insight: Insight, as_of: date) -> date:
    """The last day of a finding."""
    return (insight.ended_on or as_of) if insight.state == "over" else as_of


def _issue(published: Published, access: Access, members: Sequence[Insight], book: Book, as_of: date) -> Issue:
    own = sorted(members, key=lambda each: each.begun)
    latest = own[-1]
    name = issue_id(latest.signature)
    days = sorted({day for each in own for day in _span(each.begun, _ended(each, as_of) + timedelta(days=1))})
    reading = _Reading(published, access, latest)
    seen = reading.of(days)
    usual = reading.exposure(_usual_days(own[0]))
    evidence = _evidence(reading, own, days, usual, book, as_of)
    state, says = lifecycle(evidence)
    gates = _gates(reading, seen, usual, as_of)
    touched = any(each.verb != "assign" for each in book.about("issue", name))
    return Issue(
        name, latest.agent_id, latest.signature, subject(latest), state, says, _muted(book, name),
        book.owner("issue", name), tuple(each.id for each in own), own[0].begun, _reach(seen), gates,
        touched or all(gate.passed for gate in gates), touched, casewise(latest),
        evidence.resolved_on is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class _Reading:
    """The tasks behind an issue."""

    published: Published
    access: Access
    insight: Insight

    def of(self, days: Sequence[date], *, kpi: str | None = None) -> Row:
        """What `issue_reach` counts on these days; of another number where one is named."""
        before, segment = self.insight.before, self.insight.segment
        own = self.insight.kpi if casewise(self.insight) else ""
        asked = {
            "days": list(days), "kpi": own if kpi is None else kpi, "left_out": list(NOT_REAL_WORK),
            "dimension": segment.dimension if kpi is None else "", "value": segment.value,
            "threshold": before.value if before.unit == "ms" else None,
        }  # fmt: skip
        return drill.rows(self.published, "issue_reach", self.access, [self.insight.agent_id], **asked)[0]

    def exposure(self, days: Sequence[date]) -> Exposure:
        """Tasks hit of those exposed."""
        return _tasks(self.of(days)) if days else Exposure(0, 0)


def _tasks(row: Row) -> Exposure:
    return Exposure(int(row["tasks_hit"]), int(row["tasks"]))


def _span(start: date, end: date) -> list[date]:
    return [start + timedelta(days=count) for count in range((end - start).days)]


def _usual_days(first: Insight) -> list[date]:
    """The days that the first finding is compared with; of a level or a zero the four weeks before it."""
    if first.kind in ("sudden", "data"):
        return _span(first.before.start, first.before.end)
    start = first.begun
    return _span(start - timedelta(days=USUAL_DAYS), start)


def _evidence(
    reading: _Reading, own: Sequence[Insight], days: Sequence[date], usual: Exposure, book: Book, as_of: date
) -> Evidence:
    first_recent = as_of - timedelta(days=RECENT_DAYS - 1)
    latest = own[-1]
    resolved_on = _resolved_on(reading.published, book, issue_id(latest.signature))
    over = [_ended(each, as_of) for each in own if each.state == "over"]
    after = as_of + timedelta(days=1)
    return Evidence(
        as_of=as_of,
        first_seen=own[0].begun,
        last_begun=latest.begun,
        open=any(each.state == "open" for each in own),
        ended_before=max(over, default=None),
        usual=usual,
        earlier=reading.exposure([day for day in days if latest.begun <= day < first_recent]),
        recent=reading.exposure(_span(first_recent, after)),
        casewise=casewise(latest),
        resolved_on=resolved_on,
        since=None if resolved_on is None else reading.exposure(_span(resolved_on + timedelta(days=1), after)),
        ignored=_latest(book, issue_id(latest.signature), ("ignore", "reopen", "resolve")) == "ignore",
    )


def _latest(book: Book, name: str, verbs: Sequence[str]) -> str | None:
    found = [each.verb for each in book.about("issue", name) if each.verb in verbs]
    return found[-1] if found else None


def _resolved_on(published: Published, book: Book, name: str) -> date | None:
    found = [each for each in book.about("issue", name) if each.verb in ("resolve", "reopen")]
    if not found or found[-1].verb != "resolve":
        return None
    return local_day(found[-1].entered_at, read_freshness(published).zone)


def _muted(book: Book, name: str) -> bool:
    """Resolving takes a mute back: what comes back then is told again."""
    return _latest(book, name, ("mute", "unmute", "resolve")) == "mute"


def _reach(row: Row) -> Reach:
    def exposure(name: str) -> Exposure | None:
        return None if row[name] is None else Exposure(int(row[f"{name}_hit"] or 0), int(row[name]))

    return Reach(_tasks(row), exposure("sessions"), exposure("users"))


def _gates(reading: _Reading, seen: Row, usual: Exposure, as_of: date) -> tuple[Gate, ...]:
    """Distinct sessions (tasks where none is named), and more than usual where single tasks tell."""
    month = reading.of(_span(as_of - timedelta(days=SESSION_DAYS - 1), as_of + timedelta(days=1)), kpi="")
    recorded = seen["sessions"] is not None
    have = int(seen["sessions_hit"] if recorded else seen["tasks_hit"])
    of_month = int((month["all_sessions"] if recorded else month["all_tasks"]) or 0)
    need = needed_sessions(of_month)
    what = "sessions" if recorded else "tasks (no session is recorded)"
    gates = [Gate("touched", have >= need, f"{have} {what}", str(need))]
    if casewise(reading.insight):
        tasks = _tasks(seen)
        passed = usual.n > 0 and tasks.least > usual.hit / usual.n
        was = f"{of(usual)} ({units.text(usual.hit / usual.n, 'ratio')})" if usual.n else "nothing known before"
        gates.append(Gate("more than usual", passed, f"at least {units.text(tasks.least, 'ratio')}", f"above {was}"))
    return tuple(gates)


def needed_sessions(sessions_in_30_days: int) -> int:
    """How many distinct sessions an issue has to touch before it is raised."""
    return min(MOST_NEEDED, max(LEAST_NEEDED, math.ceil(SHARE_NEEDED * sessions_in_30_days)))


def _share(found: Exposure | None) -> str:
    if found is None:
        return "not recorded"
    return f"{of(found)} ({units.text(found.hit / found.n, 'ratio')})" if found.n else "none exposed"
