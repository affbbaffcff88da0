"""The truth as a page for readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from collectors.demo.actions import Happened
from collectors.demo.incidents import HEALTHY
from collectors.demo.shapes import CYCLE_DAYS, EPOCH
from collectors.demo.truth.crew import crew
from collectors.demo.truth.document import ARCHETYPES
from collectors.demo.truth.figures import FIGURES
from collectors.demo.truth.outlook import month_end, payback_months
from collectors.demo.truth.span import Figure, Figures
from collectors.demo.truth.truth import Days, Occurrence, Truth
from collectors.demo.world import AGENTS

HOUR_MS = 3_600_000
NOTHING = "\u2014"
ACTIONS_INTRO = """People answer five of the incidents in every cycle. Shown are those whose days to compare with,
the 28 before the incident, the account holds; moments are UTC. Each verdict is the one that the evidence gives at that
moment: mending an incident leads back to what was before it, so nothing material changed; the smaller model of Outreach
Writer is cheaper than before. Open are those that are proposed or accepted, and those shipped without a verdict:"""
INTRO = f"""# What is true of the demo account

Written by `make docs` from the same declarations that make the demo account: do not edit. Programs read
[demo-truth.json](demo-truth.json): every KPI of every agent, worked out task by task from what was made to happen,
and from nothing that the ledger computes. The tests hold the ledger to it, numerator and denominator exactly;
latencies to 1 %.

The account is an endless timeline by calendar day, the same for everybody. It shows the twelve weeks up to the hour
in which it is collected; collected again later, it shows more and changes nothing. Every cycle of {CYCLE_DAYS}
days, counted from {EPOCH}, brings each incident once, so that any twelve weeks hold all of them. The dates and
figures below are those of an account that ends at {{end}}; `python -m collectors truth` prints the truth of one
that ends now, `--end` of any other. Days are whole days in Europe/Paris; the first and the last day of an incident,
being UTC days, are left out of its figures.
"""
OUTRO = f"""
## What stays as it is

- Ticket Tagger (`{HEALTHY}`) is healthy: every week is the same but for ids and dates, and its new version changes
  nothing. Whatever reports a change of it is wrong.
- Work follows weekdays and hours; some outcomes come days late, twice, or are corrected by a later one.
- Some of Outreach Writer's calls go to a model without a price; calls of a sandbox belong to no agent and stay on
  their own line.
- Finished work of Invoice Processor, supply-exceptions and Policy Answers is now and then done again under its own
  key (rework). These three also have standing jobs: some a working day come under the same keys every other week,
  however they ended, which is what consistency (`pass_k`) is about. A second try after a failure has a key of its own.
- Onboarding Desk lets two agents work at the same time: Access Planner in its own process, and Policy Answers in its
  runtime. Cost and time of each are its own; the jobs stay Onboarding Desk's, the calls in Policy Answers' runtime are
  Policy Answers' spend.
- Each Monday one span ends before it begins, one call's parent was never exported, and one line of the outcome log
  is no event.

What the demo account lacks, so that these numbers are unknown: for some agents actions (`loop_velocity` and
`loop_closed`), reviews of their hand-overs, moments at which a person took them, a contract's threshold,
baseline, hourly rate or deadline, a guardrail, a judge, cache counts or times of the first token. `drift`
over all days is compared with the hours before the first whole day, which the account shows of the days before: its
value is exact, and too few to judge by. The error of `calibration` beyond chance is worked out
exactly here and by 400 draws in the ledger: they agree to 0.2 points.
"""


def as_page(truth: Truth) -> str:
    """The page."""
    lines = [INTRO.format(end=f"{truth.account.end:%Y-%m-%d %H:%M} UTC"), "## Incidents", ""]
    for occurrence in truth.occurrences:
        lines += _incident(truth, occurrence)
    lines += ["## Agents", "", "| agent | tasks in all | what is special |", "|---|---|---|"]
    for agent in AGENTS:
        tasks = len(truth.span(agent.key, truth.spans["all"]).tasks)
        lines.append(f"| {agent.name} | {tasks} | {'; '.join(ARCHETYPES[agent.key])} |")
    return "\n".join([*lines, *_at_work(truth), *_outlook(truth), *_actions(truth)]) + "\n" + OUTRO


def _outlook(truth: Truth) -> Iterator[str]:
    """What follows from net value and spend, where the contract declares a fixed cost or a budget."""
    whole, recent = truth.spans["all"], truth.spans["last_28_days"]
    last = truth.until - timedelta(days=1)
    yield from ("", "## Payback and budget", "")
    yield f"Payback at the pace of {_named(recent)}; model calls of the month up to {last}, and by its end."
    yield from (
        "",
        "| agent | payback, months | USD so far | USD by the end | of the budget |",
        "|---|---|---|---|---|",
    )
    for agent in AGENTS:
        span = truth.span(agent.key, whole)
        months, spent, budget = (
            payback_months(truth.span(agent.key, recent)),
            month_end(span),
            span.contract.monthly_budget_usd,
        )
        if budget is None and months is None:
            continue
        usd = f"{spent[0]:.6g} | {spent[1]:.6g}" if spent else f"{NOTHING} | {NOTHING}"
        share = f"{spent[1] / budget:.4g}" if spent and budget else "no budget"
        yield f"| {agent.name} | {f'{months:.4g}' if months else NOTHING} | {usd} | {share} |"


def _actions(truth: Truth) -> Iterator[str]:
    """What people did about findings, as it stood at the end."""
    opened = sum(each.is_open for each in truth.actions)
    yield from ("", "## Actions", "", f"{ACTIONS_INTRO} {opened} of {len(truth.actions)} here.", "")
    yield "| action | agent, incident | has to move | finding | in effect | verdict | state |"
    yield "|---|---|---|---|---|---|---|"
    for each in truth.actions:
        planned = each.planned
        part = f" ({planned.slice})" if planned.slice else ""
        wanted = f"`{planned.kpi}`{part} {planned.direction} by {planned.materiality:g}"
        taken = f"{each.taken_at:%Y-%m-%d}" if each.taken_at else NOTHING
        yield (
            f"| {planned.title} | {each.agent.name}, `{planned.incident}` | {wanted} | {each.insight_at:%Y-%m-%d} |"
            f" {taken} | {_verdict(each)} | {each.state} |"
        )


def _verdict(found: Happened) -> str:
    """The verdict in words, with its moment."""
    if found.verdict is None:
        return NOTHING
    return f"{found.verdict.replace('_', ' ')} on {found.verdict_at:%Y-%m-%d %H:%M}"


def _at_work(truth: Truth) -> Iterator[str]:
    """Who works for whom, over all days: exclusive parts that add up to the jobs."""
    yield from (
        "",
        "## Agents at work",
        "",
        "| jobs of | agent at work | jobs | model calls | tool calls | USD | hours |",
    )
    yield "|---|---|---|---|---|---|---|"
    for agent in AGENTS:
        for name, own in crew(truth.span(agent.key, truth.spans["all"])).items():
            yield (
                f"| {agent.name} | {name} | {own.tasks} | {own.model_calls} | {own.tool_calls} | {own.cost_usd:.6f} |"
                f" {own.exclusive_ms / HOUR_MS:.4f} |"
            )


def _incident(truth: Truth, found: Occurrence) -> Iterator[str]:
    incident = found.incident
    last = found.began + timedelta(days=incident.days - 1)
    name = next(agent.name for agent in AGENTS if agent.key == incident.agent)
    yield f"### {incident.title}"
    yield ""
    yield (
        f"`{incident.id}` · {name} · days {incident.first_day} to {incident.first_day + incident.days - 1} of a cycle,"
        f" here {found.began} to {last}"
    )
    yield ""
    yield f"{incident.seen_as} Cause: {incident.cause[0].lower()}{incident.cause[1:]}"
    yield ""
    part = f" ({incident.slice})" if incident.slice else ""
    yield f"| `{incident.kpi}`{part} | {_named(found.usual)} | {_named(found.during)} |"
    yield "|---|---|---|"
    yield from _rows(truth, found)
    yield ""


def _rows(truth: Truth, found: Occurrence) -> Iterator[str]:
    incident = found.incident
    kinds = [kind.name for kind in truth.known[incident.agent].agent.types]
    for kind in (None, *(kinds if len(kinds) > 1 else ())):
        usual, during = (
            FIGURES[incident.kpi](truth.span(incident.agent, days, kind)) for days in (found.usual, found.during)
        )
        yield f"| {kind or 'all'} | {_told(usual, incident.slice)} | {_told(during, incident.slice)} |"


def _told(figures: Figures, part: str) -> str:
    figure = figures.get(part, Figure(None))
    if figure.value is None:
        return "unknown"
    rest = f" ({figure.numerator:.9g} of {figure.denominator:.9g})" if figure.denominator is not None else ""
    return f"{figure.value:.4g}{rest}"


def _named(days: Days) -> str:
    last: date = days[1] - timedelta(days=1)
    return f"{days[0]} to {last}"
