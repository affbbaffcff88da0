"""What the owners of the example agents have declared, as `ledger.toml` would give it.

Policy Answers is left undeclared on purpose: the app shows what an agent without a contract lacks.
"""

from datetime import date
from decimal import Decimal

from collectors.demo.shapes import EPOCH, NOTES_MODEL, NOTES_SUCCESSOR, PROFILE_ARN, SONNET
from collectors.demo.small_agents import CLAIMS, NOTES, TAGGER, TRAVEL
from collectors.demo.world import INVOICE, ONBOARDING, OUTREACH, REFUND, SUPPLY
from sql.config import ConfigTables, Contract, PriceOverride, Target

MEASURED_ON = date(2026, 9, 15)
CONTRACTS = (
    Contract(
        agent_id=INVOICE.agent_id,
        agent_name="Invoice Processor",
        hosts=(INVOICE.arn,),
        owner="AP lead",
        team="Finance",
        purpose="Matches supplier invoices to purchase orders and posts them",
        trigger="An invoice reaches the AP mailbox",
        done_when="The invoice is posted in the ledger, or parked with a reason that a clerk accepts",
        success_rule="verdict",
        confidence_threshold=0.7,
        baseline_minutes=14.0,
        baseline_source="measured",
        baseline_on=MEASURED_ON,
        baseline_low_minutes=11.0,
        baseline_high_minutes=17.0,
        hourly_rate_usd=38.0,
        error_cost_usd=30.0,
        setup_cost_usd=26_000.0,
        monthly_cost_usd=420.0,
        monthly_budget_usd=80.0,
        deadline_minutes=2.0,
        product="Order to cash",
        environment="prod",
        max_task_hours=4.0,
    ),
    Contract(
        agent_id=REFUND.agent_id,
        agent_name="Refund Desk",
        hosts=(REFUND.arn,),
        owner="Service lead",
        team="Customer care",
        purpose="Decides refund, return and damage claims and answers the customer",
        trigger="A customer opens a claim in the chat",
        done_when="The customer has a decision and the money or label is under way, or a person has the case",
        success_rule="verdict",
        confidence_threshold=0.6,
        baseline_minutes=9.0,
        baseline_source="estimated",
        baseline_low_minutes=6.0,
        baseline_high_minutes=12.0,
        hourly_rate_usd=32.0,
        error_cost_usd=18.0,
        setup_cost_usd=21_000.0,
        monthly_cost_usd=350.0,
        monthly_budget_usd=14.0,
        deadline_minutes=1.0,
        product="Customer service",
        environment="prod",
        max_task_hours=24.0,
    ),
    Contract(
        agent_id=OUTREACH.agent_id,
        agent_name="Outreach Writer",
        hosts=(OUTREACH.arn,),
        owner="Sales operations",
        team="Sales",
        purpose="Drafts personal first and follow-up messages for sales",
        trigger="A lead enters the sequence in the CRM",
        done_when="The account manager sends the draft without rewriting it",
        success_rule="verdict",
        confidence_threshold=0.65,
        baseline_minutes=18.0,
        baseline_source="estimated",
        environment="prod",
        max_task_hours=8.0,
    ),
    Contract(
        agent_id=SUPPLY.agent_id,
        agent_name="Supply Exceptions",
        hosts=(SUPPLY.arn, SUPPLY.name),
        owner="Planning lead",
        team="Supply chain",
        purpose="Works out what to do about late, short or wrong deliveries",
        trigger="The order system raises an exception",
        done_when="The order is replanned, or a planner takes it with a proposal",
        success_rule="verdict",
        confidence_threshold=0.7,
        baseline_minutes=26.0,
        baseline_source="measured",
        baseline_on=MEASURED_ON,
        baseline_low_minutes=20.0,
        baseline_high_minutes=35.0,
        hourly_rate_usd=45.0,
        setup_cost_usd=18_000.0,
        monthly_cost_usd=300.0,
        monthly_budget_usd=60.0,
        deadline_minutes=5.0,
        product="Order to cash",
        environment="prod",
        max_task_hours=12.0,
    ),
    Contract(
        agent_id=TAGGER.agent_id,
        agent_name="Ticket Tagger",
        hosts=(TAGGER.arn,),
        owner="Service lead",
        team="Customer care",
        purpose="Puts each support ticket into the right queue",
        trigger="A ticket is opened",
        done_when="The ticket is in the queue of the team that solves it",
        confidence_threshold=0.6,
        baseline_minutes=1.5,
        baseline_source="measured",
        baseline_on=MEASURED_ON,
        baseline_low_minutes=1.0,
        baseline_high_minutes=2.0,
        hourly_rate_usd=30.0,
        error_cost_usd=2.0,
        setup_cost_usd=5_500.0,
        monthly_cost_usd=60.0,
        deadline_minutes=0.5,
        product="Customer service",
        environment="prod",
        max_task_hours=2.0,
    ),
    Contract(
        agent_id=CLAIMS.agent_id,
        agent_name="Claims Triage",
        hosts=(CLAIMS.arn,),
        owner="Claims lead",
        team="Insurance",
        purpose="Proposes how to settle a claim",
        trigger="A claim is filed",
        done_when="An adjuster takes the proposal over as it is",
        confidence_threshold=0.6,
        environment="prod",
        max_task_hours=6.0,
    ),
    Contract(
        agent_id=NOTES.agent_id,
        agent_name="Meeting Notes",
        hosts=(NOTES.arn,),
        owner="Office lead",
        team="Operations",
        purpose="Writes the minutes of meetings, on the organisation's own model",
        trigger="A recording is uploaded",
        done_when="The organiser sends the minutes out",
        environment="prod",
        max_task_hours=6.0,
    ),
    Contract(
        agent_id=TRAVEL.agent_id,
        agent_name="Travel Booker",
        hosts=(TRAVEL.arn,),
        owner="Office lead",
        team="Operations",
        purpose="Finds and holds trips within the travel rules",
        trigger="A trip is asked for",
        done_when="The traveller confirms the trip",
        environment="prod",
        max_task_hours=24.0,
    ),
    Contract(
        agent_id=ONBOARDING.agent_id,
        agent_name="Onboarding Desk",
        hosts=(ONBOARDING.arn,),
        owner="People lead",
        team="People",
        purpose="Prepares the first day of new colleagues: accounts, access and the rules that apply to them",
        trigger="A contract is signed in the HR system",
        done_when="A people partner releases the plan without changing it",
        confidence_threshold=0.6,
        baseline_minutes=32.0,
        baseline_source="measured",
        baseline_low_minutes=25.0,
        baseline_high_minutes=40.0,
        hourly_rate_usd=41.0,
        deadline_minutes=1.0,
        product="Employee service",
        environment="prod",
        max_task_hours=6.0,
    ),
)
# Agent, success at least, USD per good result at most, escalated at most, p95 time in ms at most.
LIMITS = (
    (INVOICE.agent_id, 0.90, 0.13, 0.08, 60_000.0),
    (REFUND.agent_id, 0.85, 0.04, 0.25, 45_000.0),
    (OUTREACH.agent_id, 0.85, 0.08, 0.06, 45_000.0),
    (SUPPLY.agent_id, 0.85, 0.25, 0.20, 120_000.0),
    (TAGGER.agent_id, 0.85, 0.001, 0.10, 5_000.0),
    (CLAIMS.agent_id, 0.50, 0.05, 0.05, 30_000.0),
    (NOTES.agent_id, 0.80, 0.01, 0.05, 20_000.0),
    (TRAVEL.agent_id, 0.75, 0.05, 0.20, 60_000.0),
    (ONBOARDING.agent_id, 0.85, 0.10, 0.10, 60_000.0),
)


def targets() -> tuple[Target, ...]:
    """The targets of the declared agents, valid from the beginning."""
    kinds = (("success_rate", "min"), ("cost_per_success", "max"), ("escalation_rate", "max"), ("task_latency", "max"))
    return tuple(
        Target(agent, kpi, value, kind, EPOCH)
        for agent, *values in LIMITS
        for (kpi, kind), value in zip(kinds, values, strict=True)
    )


def own_prices() -> tuple[PriceOverride, ...]:
    """What the organisation's own models cost per token: nothing, they run on machines that are paid for."""
    return tuple(
        PriceOverride(model, "regional", "default", kind, EPOCH, Decimal(0), "our own machines")
        for model in (NOTES_MODEL, NOTES_SUCCESSOR)
        for kind in ("input", "output")
    )


def demo_config() -> ConfigTables:
    """Contracts, targets and names of the example organisation."""
    return ConfigTables(
        org={"name": "Northwind Works (demo)", "timezone": "Europe/Paris", "currency": "USD", "kind": "demo"},
        contracts=CONTRACTS,
        targets=targets(),
        prices=own_prices(),
        model_aliases={PROFILE_ARN: SONNET.removeprefix("us.")},
    )
