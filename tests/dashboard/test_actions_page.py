"""Deciding in the app: every form writes one record, shows at once what was entered, and says why it refuses."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import insights
from dashboard.components.action_forms import ANOTHER
from metrics.actions.book import Book, read_book
from metrics.actions.entries import action_record, step_record
from metrics.actions.evidence import outcome_of
from metrics.actions.model import VERDICT_WORDS, Action, Outcome, Plan
from metrics.model import Access
from metrics.run import default_period
from sql import journal
from sql.published import open_published
from tests.dashboard.conftest import Open
from tests.dashboard.findings import INVOICES, OUTREACH, nobody_acted, planted
from tests.dashboard.support import html_of

# These decide which other fields there are.
REDRAW = ("verb", "issue_verb", "to", "design")


@pytest.fixture
def demo_copy(demo_copy: Path) -> Path:
    """Return a copy of the demo home in which nobody has acted on a finding yet."""
    return nobody_acted(demo_copy)


def book_of(home: Path) -> Book:
    """Return everything entered, landed or not."""
    published = open_published(home)
    found = read_book(published, Access.everything(), journal.pending(home))
    published.close()
    return found


def outcome(home: Path, action: Action) -> Outcome:
    """Return the verdict as the published file has it."""
    with closing(open_published(home)) as published:
        return outcome_of(published, Access.everything(), action)


def fill(app: AppTest, drawer: str, **fields: Any) -> AppTest:
    """Open a drawer, fill in the fields by their keys (__ stands for what the drawer is about), and send the form."""
    app.session_state[drawer] = True
    app.run()
    assert not app.exception
    about = drawer.split("_", 1)[1]
    for name, value in sorted(fields.items(), key=lambda field: field[0] not in REDRAW):
        key = f"{name}_{about}"
        for kind in (app.radio, app.text_input, app.selectbox, app.number_input, app.multiselect, app.date_input):
            box = [each for each in kind if each.key == key]
            if box:
                box[0].set_value(value)
                if name in REDRAW:
                    app.run()
                break
        else:
            raise AssertionError(f"the drawer {drawer} has no field {key}")
    send = [each for each in app.button if each.key and each.key.startswith("FormSubmitter:") and about in each.key]
    send[0].click()
    app.run()
    assert not app.exception
    return app


def is_open(app: AppTest, drawer: str) -> bool:
    """Tell whether the drawer still shows its form."""
    about = drawer.split("_", 1)[1]
    return any(each.key and each.key.startswith("FormSubmitter:") and about in each.key for each in app.button)


def drawer_of(action: Action) -> str:
    """Return the drawer that moves an action on."""
    return f"step_{action.action_id}"


def only(home: Path) -> Action:
    """Return the one action there is."""
    (action,) = book_of(home).actions
    return action


def step(open_page: Open, home: Path, **fields: Any) -> AppTest:
    """Move the one action on, by whom and how the fields say."""
    app = open_page("4_insights", home, part="actions")
    return fill(app, drawer_of(only(home)), **fields)


def test_an_action_goes_from_a_finding_to_its_verdict_and_is_decided_by_it(open_page: Open, demo_copy: Path) -> None:
    found = planted(demo_copy)["cost"]
    app = open_page("4_insights", demo_copy)
    app = fill(
        app, f"propose_{found.id}", title="Shorten the prompt", action_owner="Ida", metric="cost_per_task", least=10.0,
        guards=["success_rate"], wait=3, action_who="Ida",
    )  # fmt: skip
    assert not is_open(app, f"propose_{found.id}")
    assert "Action “Shorten the prompt”: proposed" in html_of(app)
    plan = only(demo_copy).plan
    assert (only(demo_copy).insight_id, plan.kpi, plan.direction, plan.min_days) == (
        found.id,
        "cost_per_task",
        "down",
        3,
    )
    assert (plan.baseline_from, plan.baseline_to) == (found.before.start, found.before.end)
    assert (plan.spell_from, plan.spell_to) == (found.after.start, found.after.end)
    assert 0 < plan.materiality < 0.05

    html = html_of(step(open_page, demo_copy, to="accepted", by="Ida"))
    assert "◔ Accepted" in html
    on = found.after.start
    html = html_of(step(open_page, demo_copy, to="shipped", change_of=ANOTHER, day_of=on, by="Ida"))
    assert "◐ Shipped" in html
    heads = ("The one action with a verdict helped", "No action has been shown to help yet", "cannot be told yet")
    assert any(head in html for head in heads)
    assert "<dt>Answers</dt><dd>cost per task</dd>" in html

    seen = outcome(demo_copy, only(demo_copy))
    word = VERDICT_WORDS[seen.verdict]
    assert f">{word}</b>" in html
    html = html_of(step(open_page, demo_copy, to="kept", why="As agreed", by="Ida"))
    assert "● Kept" in html
    told = f"on the verdict “{word}”" if seen.verdict != "undetermined" else "before there was a verdict"
    assert f"by Ida, {told}: As agreed" in html
    decided = only(demo_copy).decided
    assert decided is not None
    assert decided.verdict == (seen.verdict if seen.verdict != "undetermined" else None)


def test_the_change_is_chosen_in_the_release_ledger_and_the_verdict_of_a_revert_is_kept(
    open_page: Open, demo_copy: Path
) -> None:
    """Of the versions of an agent the one before the last: its day is told apart, and so is what it did."""
    with closing(open_published(demo_copy)) as published:
        end = default_period(published)[1]
        (change, *_) = published.rows(
            "FROM changes WHERE agent_id = $agent AND kind = 'agent' AND source = 'inventory' AND changed_at < $end "
            "ORDER BY changed_at DESC",
            {"agent": INVOICES, "end": end - timedelta(days=3)},
        )
    on = change["changed_at"].date()
    plan = Plan("success_rate", "up", 0.001, (), on - timedelta(days=14), on, min_days=1)
    journal.append(demo_copy, action_record(INVOICES, "Another version", plan, "Ida"))
    step(open_page, demo_copy, to="accepted", by="Ida")
    words = f"version {change['before_value']} → {change['after_value']} on"
    app = open_page("4_insights", demo_copy, part="actions")
    app.session_state[drawer_of(only(demo_copy))] = True
    app.run()
    (box,) = [each for each in app.selectbox if str(each.key).startswith("change_of_")]
    chosen = next(each for each in box.options if each.startswith(words))
    step(open_page, demo_copy, to="shipped", change_of=chosen, by="Ida")
    shipped = only(demo_copy).shipped
    assert shipped is not None
    assert (shipped.change_id, shipped.changed_at) == (change["change_id"], change["changed_at"])
    html = html_of(step(open_page, demo_copy, to="reverted", by="Ida"))
    assert "↩ Reverted" in html


def test_an_action_without_a_finding_is_kept_before_there_is_a_verdict(open_page: Open, demo_copy: Path) -> None:
    app = open_page("4_insights", demo_copy, part="actions", agent=OUTREACH)
    app = fill(app, "propose_free", title="Smaller model", metric="success_rate", least=5.0, guards=[], action_who="Al")
    assert only(demo_copy).insight_id is None
    step(open_page, demo_copy, to="accepted", by="Al")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    step(open_page, demo_copy, to="shipped", change_of=ANOTHER, day_of=yesterday, by="Al")
    html = html_of(step(open_page, demo_copy, to="kept", by="Al"))
    assert "● Kept" in html
    assert "by Al, before there was a verdict" in html
    kept = only(demo_copy)
    assert (kept.state, kept.recorded) == ("kept", None), "what is not told yet is not written down as a verdict"


def test_an_action_may_be_about_the_slowest_tasks_and_is_told_in_seconds(open_page: Open, demo_copy: Path) -> None:
    app = open_page("4_insights", demo_copy, part="actions", agent=INVOICES)
    fill(app, "propose_free", title="Fetch in parallel", metric="task_latency:p95", least=20.0,
         guards=["success_rate"], action_who="Al")  # fmt: skip
    plan = only(demo_copy).plan
    assert (plan.kpi, plan.slice, plan.direction) == ("task_latency", "p95", "down")
    assert 2_000 < plan.materiality < 10_000
    at = datetime.combine(plan.baseline_to - timedelta(days=10), time(), tzinfo=UTC)
    for name, moment in (("accepted", None), ("shipped", at)):
        journal.append(demo_copy, step_record(only(demo_copy), name, "Al", changed_at=moment))
    html = html_of(open_page("4_insights", demo_copy, part="actions"))
    assert "p95 of time to done down by at least" in html
    assert "Time has no price" in html


def test_an_action_on_slow_calls_is_about_whole_tasks_and_its_kind_of_work_is_known(
    open_page: Open, demo_copy: Path
) -> None:
    found = planted(demo_copy)
    app = open_page("4_insights", demo_copy)
    app.session_state[f"propose_{found['slow'].id}"] = True
    app.run()
    assert [each.value for each in app.selectbox if each.key == f"metric_{found['slow'].id}"] == ["task_latency:p95"]
    fill(app, f"propose_{found['part'].id}", title="Another prompt", design="kinds", action_who="Ida")
    plan = only(demo_copy).plan
    assert (plan.task_type, plan.design, plan.grade) == ("invoice_without_po", "kinds", "B")


def test_a_promised_split_and_an_unchanged_agent_are_written_down(open_page: Open, demo_copy: Path) -> None:
    drawer = f"propose_{planted(demo_copy)['success'].id}"
    fill(open_page("4_insights", demo_copy), drawer, title="Half first", design="split", split=20, action_who="Ida")
    assert (only(demo_copy).plan.split, only(demo_copy).plan.grade) == (0.2, "A")
    fill(open_page("4_insights", demo_copy), drawer, title="All", design="agent", control=OUTREACH, action_who="Ida")
    newest = book_of(demo_copy).actions[0]
    assert (newest.plan.control_agent, newest.plan.grade) == (OUTREACH, "B")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "", "action_who": "Ida"}, "Say what is to be done."),
        ({"title": "Shorten", "action_who": " "}, "Say who enters it."),
    ],
)
def test_an_action_that_lacks_something_is_refused_and_what_was_entered_stays(
    open_page: Open, demo_copy: Path, fields: dict[str, str], reason: str
) -> None:
    found = planted(demo_copy)["success"]
    app = fill(open_page("4_insights", demo_copy), f"propose_{found.id}", **fields)
    assert [each.value for each in app.warning] == [reason]
    assert is_open(app, f"propose_{found.id}")
    titles = [each.value for each in app.text_input if each.key == f"title_{found.id}"]
    assert titles == [fields["title"]]
    assert book_of(demo_copy).actions == ()


def test_a_dismissal_needs_a_reason_and_ends_an_action(open_page: Open, demo_copy: Path) -> None:
    found = planted(demo_copy)["success"]
    fill(open_page("4_insights", demo_copy), f"propose_{found.id}", title="Ask the ERP", action_who="Ida")
    app = step(open_page, demo_copy, to="dismissed", by="Ida")
    assert [each.value for each in app.warning] == ["Say why it is dismissed."]
    assert only(demo_copy).state == "proposed"
    html = html_of(step(open_page, demo_copy, to="dismissed", why="Too dear", by="Ida"))
    assert "× Dismissed" in html
    assert "Too dear (Ida)" in html
    app = open_page("4_insights", demo_copy, part="actions")
    assert [each for each in app.get("popover") if each.proto.popover.label == "Move on"] == []


def test_a_finding_is_graded_once_and_a_no_needs_a_reason(open_page: Open, demo_copy: Path) -> None:
    found = planted(demo_copy)["success"]
    drawer = f"decide_{found.id}"
    app = fill(open_page("4_insights", demo_copy), drawer, verb="grade", worth="no", who="Ida")
    assert [each.value for each in app.warning] == ["Say why."]
    html = html_of(fill(app, drawer, reason="A test run", who="Ida"))
    assert "Not worth raising, says Ida: A test run" in html
    app = open_page("4_insights", demo_copy)
    app.session_state[drawer] = True
    app.run()
    (what,) = [each for each in app.radio if each.key == f"verb_{found.id}"]
    assert "Was it worth raising?" not in what.options, "a grade is given once"
    assert "0 of 1 graded findings were worth raising" in html_of(app)


def test_a_dismissed_finding_leaves_what_needs_attention(open_page: Open, demo_copy: Path) -> None:
    found = planted(demo_copy)["success"]
    assert "Invoice Processor: success" in html_of(open_page("1_portfolio", demo_copy))
    fill(open_page("4_insights", demo_copy), f"decide_{found.id}", verb="dismiss", reason="Known", who="Ida")
    assert "Invoice Processor: success" not in html_of(open_page("1_portfolio", demo_copy))
    html = html_of(fill(open_page("4_insights", demo_copy), f"decide_{found.id}", verb="assign", owner="AP", who="Ida"))
    assert "Owner AP · Dismissed by Ida: Known" in html


def state_of(app: AppTest, issue: str) -> str:
    """Return where the page says that an issue stands."""
    return html_of(app).split(f'data-issue="{issue}" data-state="')[1].split('"')[0]


def issue_named(app: AppTest, title: str) -> str:
    """Return the id of the issue of that title."""
    card = next(each for each in html_of(app).split("data-issue=")[1:] if title in each)
    return card.split('"')[1]


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("mute", '<span class="chip">muted</span>'),
        ("ignore", "× Ignored"),
        ("resolve", "● Resolved"),
        ("assign", "<span>AP lead</span>"),
    ],
)
def test_an_issue_is_put_where_people_decide(open_page: Open, demo_copy: Path, verb: str, said: str) -> None:
    planted(demo_copy)
    app = open_page("4_insights", demo_copy, part="issues")
    issue = issue_named(app, "Invoice Processor: success")
    fields = {"owner": "AP lead"} if verb == "assign" else {"reason": "agreed"}
    html = html_of(fill(app, f"issue_{issue}", issue_verb=verb, issue_who="Ida", **fields))
    card = html.split(f'data-issue="{issue}"')[1].split("data-issue=")[0]
    assert said in card
    told = "Invoice Processor: success" in html_of(open_page("1_portfolio", demo_copy))
    assert told == (verb not in ("mute", "ignore"))


def test_what_was_put_aside_can_be_taken_back_and_only_that_is_offered(open_page: Open, demo_copy: Path) -> None:
    planted(demo_copy)
    app = open_page("4_insights", demo_copy, part="issues")
    issue = issue_named(app, "Invoice Processor: success")
    drawer, stood = f"issue_{issue}", state_of(app, issue)
    app = fill(app, drawer, issue_verb="mute", issue_who="Ida")
    app = fill(app, drawer, issue_verb="unmute", issue_who="Ida")
    app = fill(app, drawer, issue_verb="ignore", issue_who="Ida")
    app.session_state[drawer] = True
    app.run()
    (what,) = [each for each in app.radio if each.key == f"issue_verb_{issue}"]
    assert [each.split(":")[0] for each in what.options] == ["Give it an owner", "Resolve", "Mute", "Reopen"]
    assert state_of(app, issue) == "ignored"
    app = fill(app, drawer, issue_verb="reopen", issue_who="Ida")
    assert state_of(app, issue) == stood
    verbs = [each.verb for each in book_of(demo_copy).about("issue", issue)]
    assert verbs == ["mute", "unmute", "ignore", "reopen"]


def test_a_decision_without_a_name_is_refused(open_page: Open, demo_copy: Path) -> None:
    planted(demo_copy)
    app = open_page("4_insights", demo_copy, part="issues")
    issue = issue_named(app, "Invoice Processor: success")
    app = fill(app, f"issue_{issue}", issue_verb="assign", owner="AP lead")
    assert [each.value for each in app.warning] == ["Say who enters it."]
    assert book_of(demo_copy).notes == ()


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "Make room on that disk"), (errno.EACCES, "Make LEDGER_HOME writable")]
)
def test_a_full_disk_or_a_home_that_cannot_be_written_says_what_to_do_and_keeps_what_was_entered(
    open_page: Open, demo_copy: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def fail(path: Path, line: str) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(journal, "_write_line", fail)
    found = planted(demo_copy)["success"]
    app = fill(open_page("4_insights", demo_copy), f"propose_{found.id}", title="Ask the ERP", action_who="Ida")
    (said,) = [each.value for each in app.error]
    assert "could not be written" in said
    assert remedy in said
    assert "then enter it again" in said
    assert [each.value for each in app.text_input if each.key == f"title_{found.id}"] == ["Ask the ERP"]
    assert book_of(demo_copy).actions == ()


def test_a_change_is_recorded_on_a_finding(open_page: Open, demo_copy: Path) -> None:
    found = planted(demo_copy)["leak"]
    app = fill(
        open_page("4_insights", demo_copy), f"change_{found.id}", change_kind="threshold", change_before="0.7",
        change_after="0",
    )  # fmt: skip
    (record,) = [each for each in journal.pending(demo_copy) if each["event.name"] == "agent.change"]
    assert (record["kind"], record["before"], record["after"]) == ("threshold", "0.7", "0")
    day = datetime.fromisoformat(record["changed_at"]) + timedelta(hours=12)
    assert found.onset is not None
    assert day.date() == found.onset.day, "midnight where the organisation is"
    assert not is_open(app, f"change_{found.id}")


def test_the_parts_of_the_page_are_in_the_address_and_say_what_is_missing(open_page: Open, demo_copy: Path) -> None:
    planted(demo_copy)
    html = html_of(open_page("4_insights", demo_copy, part="actions"))
    assert "No action is recorded yet" in html
    assert "data-insight" not in html
    html = html_of(open_page("4_insights", demo_copy, part="issues"))
    assert "are open" in html
    assert html.count("data-issue") == 5
    html = html_of(open_page("4_insights", demo_copy, part="nonsense"))
    assert html.count("data-insight") == 5
    assert "Five findings need somebody" in html


def test_the_dashboard_writes_due_verdicts_down_when_it_finds_a_newer_file(demo_copy: Path) -> None:
    with closing(open_published(demo_copy)) as published:
        end = default_period(published)[1]
    plan = Plan("cost_per_task", "up", 0.0001, (), end - timedelta(days=70), end - timedelta(days=42), min_days=1)
    journal.append(demo_copy, action_record(INVOICES, "Dearer", plan, "Ida"))
    for name, at in (("accepted", None), ("shipped", datetime.combine(end - timedelta(days=42), time(), tzinfo=UTC))):
        journal.append(demo_copy, step_record(only(demo_copy), name, "Ida", changed_at=at))
    due = outcome(demo_copy, only(demo_copy)).verdict
    for path in (demo_copy / "insights").glob("*"):
        path.unlink()
    for _ in range(2):
        insights.Working(demo_copy).thread.join()
    written = [each.verdict for each in only(demo_copy).steps if each.step == "verdict"]
    assert written == ([] if due == "undetermined" else [due])
