"""Who works in the example account, as data.

The world is an endless timeline fixed by calendar day: a later end only shows more of it, so that collecting
again tomorrow adds records and changes none. Every figure is invented.
"""

from collectors.demo.shapes import (
    ACCOUNT_ID,
    ALL_HOURS,
    HAIKU,
    LONG_HOURS,
    MORNING_BATCH,
    NOVA_LITE,
    NOVA_PRO,
    OFFICE_HOURS,
    REGION,
    SONNET,
    SPAN_GROUP,
    Agent,
    Helper,
    Release,
    TaskType,
    Tool,
    Verdicts,
    runtime_arn,
    runtime_group,
)
from collectors.demo.small_agents import CLAIMS, NOTES, TAGGER, TRAVEL

SAP_LOOKUP = Tool("sap_order_lookup", 1500, 0.05, 0.008)
VENDOR_MASTER = Tool("vendor_master", 620, 0.015)
INVOICE_READER = Tool("invoice_reader", 2400, 0.008)
POST_TO_LEDGER = Tool("post_to_ledger", 1000, 0.004)
ORDER_HISTORY = Tool("order_history", 420, 0.012)
REFUND_POLICY = Tool("refund_policy_search", 650, 0.006)
ISSUE_REFUND = Tool("issue_refund", 900, 0.018)
CRM_PROFILE = Tool("crm_profile", 480, 0.014)
NEWS_SEARCH = Tool("company_news_search", 1300, 0.035)
SAVE_DRAFT = Tool("save_draft", 260, 0.003)
SHIPMENT_STATUS = Tool("carrier_status", 2600, 0.03, 0.055)
STOCK_LEVELS = Tool("stock_levels", 900, 0.012, 0.006)
SUPPLIER_PORTAL = Tool("supplier_portal", 5200, 0.04, 0.035)
REPLAN = Tool("replan_order", 3100, 0.02, 0.01)
POLICY_SEARCH = Tool("policy_search", 540, 0.003)
HR_RECORD = Tool("hr_record", 380, 0.006)
DIRECTORY = Tool("directory_lookup", 620, 0.02, 0.004)
HANDOVER = Tool("hand_off_to_human", 180, 0.0)

INVOICE = Agent(
    key="invoice",
    name="Invoice Processor",
    agent_id="invoice_processor-A1b2C3d4E5",
    arn=runtime_arn("invoice_processor-A1b2C3d4E5"),
    dialect="strands",
    writes_to=SPAN_GROUP,
    tasks_per_weekday=40,
    weekend_share=0.15,
    hours=MORNING_BATCH,
    types=(
        TaskType("invoice_with_po", 0.68, 2.7, 3100, 260, 0.945, (INVOICE_READER, SAP_LOOKUP, POST_TO_LEDGER)),
        TaskType("invoice_without_po", 0.24, 3.5, 4200, 380, 0.86, (INVOICE_READER, VENDOR_MASTER, SAP_LOOKUP)),
        TaskType("credit_note", 0.08, 2.4, 2700, 240, 0.92, (INVOICE_READER, SAP_LOOKUP)),
    ),
    releases=(
        Release(21, SONNET, {"success": 0.985}),
        Release(28, SONNET),
        Release(21, SONNET),
        Release(14, SONNET, {"tokens": 0.94, "success": 1.01}),
    ),
    first_version=3,
    verdicts=Verdicts(1.0, 35, 0.09, 0.04, review_share=0.5, pickup_minutes=95),
    escalation_rate=0.055,
    escalation_reasons={"low_confidence": 0.5, "policy": 0.2, "missing_capability": 0.2, "high_risk": 0.1},
    key_format="INV-{:06d}",
    repeat_share=0.03,
    standing_jobs=4,
    cached_prefix_tokens=7600,
    throttle_rate=0.012,
)
REFUND = Agent(
    key="refund",
    name="Refund Desk",
    agent_id="refund_desk-F6g7H8i9J0",
    arn=runtime_arn("refund_desk-F6g7H8i9J0"),
    dialect="strands_unified",
    writes_to=runtime_group("refund_desk-F6g7H8i9J0"),
    tasks_per_weekday=34,
    weekend_share=0.6,
    hours=LONG_HOURS,
    types=(
        TaskType("refund", 0.55, 3.3, 5200, 210, 0.87, (ORDER_HISTORY, REFUND_POLICY, ISSUE_REFUND)),
        TaskType("return_label", 0.25, 2.6, 3900, 160, 0.93, (ORDER_HISTORY, REFUND_POLICY)),
        TaskType("damaged_item", 0.20, 3.6, 6100, 260, 0.82, (ORDER_HISTORY, REFUND_POLICY, ISSUE_REFUND)),
    ),
    releases=(
        Release(24, NOVA_PRO),
        Release(18, NOVA_PRO, {"escalation": 1.3, "success": 0.98}),
        Release(42, NOVA_PRO, {"escalation": 0.85, "success": 1.01, "tokens": 1.06}),
    ),
    first_version=19,
    verdicts=Verdicts(0.90, 8, 0.04, 0.05, review_share=0.4, pickup_minutes=22),
    escalation_rate=0.15,
    escalation_reasons={"user_request": 0.4, "low_confidence": 0.32, "policy": 0.22, "guardrail": 0.06},
    key_format="CASE-{:06d}",
    holds_below=0.6,
    guardrail="gr7rfd2k9x1a",
    throttle_rate=0.006,
    sends_metadata=True,
    first_model=NOVA_LITE,
    handover=HANDOVER.name,
)
OUTREACH = Agent(
    key="outreach",
    name="Outreach Writer",
    agent_id="outreach_writer-K1l2M3n4O5",
    arn=runtime_arn("outreach_writer-K1l2M3n4O5"),
    dialect="langgraph",
    writes_to=SPAN_GROUP,
    tasks_per_weekday=23,
    weekend_share=0.02,
    hours=OFFICE_HOURS,
    types=(
        TaskType("first_contact", 0.6, 2.3, 3300, 620, 0.88, (CRM_PROFILE, NEWS_SEARCH, SAVE_DRAFT)),
        TaskType("follow_up", 0.4, 1.9, 2600, 430, 0.91, (CRM_PROFILE, SAVE_DRAFT)),
    ),
    releases=(
        Release(42, SONNET),
        Release(28, SONNET),
        Release(14, HAIKU, {"success": 0.975}),
    ),
    first_version=6,
    verdicts=Verdicts(0.82, 240, 0.14, 0.08, sample_share=0.36, alarm_share=0.7, reported_by="code"),
    escalation_rate=0.03,
    escalation_reasons={"guardrail": 0.55, "low_confidence": 0.45},
    key_format="LEAD-{:06d}",
    guardrail="gr4otr8m2c6b",
    throttle_rate=0.008,
    unknown_model_share=0.035,
)
SUPPLY = Agent(
    key="supply",
    name="supply-exceptions",
    agent_id=f"{ACCOUNT_ID}/{REGION}/supply-exceptions",
    arn=f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:supply-exceptions",
    dialect="otel",
    writes_to=SPAN_GROUP,
    tasks_per_weekday=16,
    weekend_share=0.5,
    hours=ALL_HOURS,
    types=(
        TaskType("late_shipment", 0.5, 4.4, 4800, 360, 0.86, (SHIPMENT_STATUS, STOCK_LEVELS, SUPPLIER_PORTAL)),
        TaskType("stockout_risk", 0.3, 5.2, 5600, 420, 0.83, (STOCK_LEVELS, SUPPLIER_PORTAL, REPLAN)),
        TaskType("quantity_mismatch", 0.2, 3.6, 4100, 330, 0.89, (STOCK_LEVELS, SUPPLIER_PORTAL)),
    ),
    releases=(
        Release(44, SONNET, {"tool_failure": 1.25}),
        Release(40, SONNET, {"success": 1.03, "tool_failure": 0.85, "tokens": 0.93}),
    ),
    first_version=4,
    verdicts=Verdicts(0.87, 180, 0.16, 0.05, review_share=0.6),
    escalation_rate=0.10,
    escalation_reasons={"high_risk": 0.4, "low_confidence": 0.3, "missing_capability": 0.3},
    key_format="EXC-{:06d}",
    repeat_share=0.03,
    standing_jobs=3,
    throttle_rate=0.02,
    profile_share=0.35,
)
POLICY = Agent(
    key="policy",
    name="Policy Answers",
    agent_id="policy_answers-P6q7R8s9T0",
    arn=runtime_arn("policy_answers-P6q7R8s9T0"),
    dialect="openinference",
    writes_to=runtime_group("policy_answers-P6q7R8s9T0"),
    tasks_per_weekday=12,
    weekend_share=0.18,
    hours=OFFICE_HOURS,
    types=(
        TaskType("leave_question", 0.55, 1.8, 4300, 280, 0.975, (POLICY_SEARCH,)),
        TaskType("expense_question", 0.45, 1.9, 4700, 310, 0.965, (POLICY_SEARCH,)),
    ),
    releases=(Release(30, HAIKU), Release(54, HAIKU, {"tokens": 0.97})),
    first_version=1,
    verdicts=Verdicts(0.95, 5, 0.02, 0.06),
    escalation_rate=0.015,
    escalation_reasons={"missing_capability": 0.6, "user_request": 0.4},
    key_format="HRQ-{:06d}",
    repeat_share=0.08,
    throttle_rate=0.002,
    logged_share=0.0,
    standing_jobs=3,
)
ONBOARDING = Agent(
    key="onboarding",
    name="Onboarding Desk",
    agent_id="onboarding_desk-V8w9X0y1Z2",
    arn=runtime_arn("onboarding_desk-V8w9X0y1Z2"),
    dialect="strands_unified",
    writes_to=SPAN_GROUP,
    tasks_per_weekday=7,
    weekend_share=0.0,
    hours=OFFICE_HOURS,
    types=(
        TaskType("new_hire", 0.7, 2.6, 2900, 340, 0.9, (HR_RECORD,)),
        TaskType("role_change", 0.3, 2.3, 2500, 280, 0.93, (HR_RECORD,)),
    ),
    releases=(Release(46, SONNET), Release(38, SONNET, {"tokens": 0.96})),
    first_version=2,
    verdicts=Verdicts(0.93, 45, 0.05, 0.06, 0.0),
    escalation_rate=0.07,
    escalation_reasons={"policy": 0.5, "missing_capability": 0.5},
    key_format="JOIN-{:06d}",
    throttle_rate=0.004,
    logged_share=1.0,
    helpers=(
        Helper(
            "Access Planner",
            "access_planner",
            TaskType("access", 1.0, 2.1, 2200, 190, 0.0, (DIRECTORY,)),
            model=HAIKU,
        ),
        Helper(
            "Policy Answers",
            "ask_policy_answers",
            TaskType("policy", 1.0, 1.6, 4300, 240, 0.0, (POLICY_SEARCH,)),
            agent=POLICY,
        ),
    ),
)
AGENTS: tuple[Agent, ...] = (INVOICE, REFUND, OUTREACH, SUPPLY, POLICY, TAGGER, CLAIMS, NOTES, TRAVEL, ONBOARDING)
