"""AgentCore Evaluations: what judges said of an agent's work, wherever a configuration has it written."""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account, Page
from collectors.errors import NotSetUp
from collectors.judges import Witness, online_configs, source_logs
from collectors.logs import fetch_events, group_keeps, group_names, hand_over
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "evaluations"
OWN_GROUPS = "/aws/bedrock-agentcore/evaluations/"
RESULTS = f"{OWN_GROUPS}results/"
PATTERN = '"gen_ai.evaluation.result"'
LAG = timedelta(minutes=25)
REREAD = timedelta(hours=3)
OVERLAP = REREAD + timedelta(minutes=15) + LAG
LONGEST_REREAD = timedelta(hours=23, minutes=58)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """Every log group that holds results: AWS's own, those that configurations name, and those of ledger.toml."""
    configs = list(online_configs(account))
    named = dict.fromkeys(name for config in configs for name in result_groups(account, config))
    elsewhere = [name for name in named if not name.startswith(OWN_GROUPS) and name in group_names(account, name)]
    groups = dict.fromkeys([*group_names(account, OWN_GROUPS), *elsewhere, *settings.groups])
    if not groups:
        raise NotSetUp(
            f"{len(configs)} online evaluation configurations exist, and none has written a result yet."
            if configs
            else "There is no online evaluation configuration and no batch evaluation: no judge looks at the work.",
            "Create an online evaluation in the AgentCore console (Evaluations, Online evaluation) and enable it, "
            "or name the log groups of your own gen_ai.evaluation.result events in ledger.toml.",
        )
    return [Scope(KEY, account.account_id, account.region, name) for name in groups]


def result_groups(account: Account, config: Page) -> list[str]:
    """Where a configuration has its results written: a group of its own, or the groups that its traces come from."""
    output = config.get("outputConfig", {}).get("cloudWatchConfig", {})
    if output.get("resultDestination") != "SOURCE_LOG_GROUP":
        return [output.get("logGroupName") or RESULTS + config["onlineEvaluationConfigId"]]
    source = source_logs(config)
    found = [name for prefix in source.get("logGroupNamePrefixes") or [] for name in group_names(account, prefix)]
    return [*(source.get("logGroupNames") or []), *found]


def collect(reading: Reading) -> None:
    """Read one window of one group; groups that hold other records too are asked for results only."""
    witness, group = Witness(reading.account), reading.scope.name
    if group.startswith(RESULTS):
        witness.config(group.removeprefix(RESULTS))
    pattern = None if group.startswith(OWN_GROUPS) else PATTERN
    for page in fetch_events(reading.account, group, reading.window, pattern=pattern):
        told = {**page, "events": [witness.tell(event) for event in page["events"]]}
        hand_over(told, group, None, reading.landing)
    reach = REREAD + witness.longest_timeout + LAG
    if reach > OVERLAP:
        reading.landing.wait_for(reading.window.end - min(reach, LONGEST_REREAD))


SOURCE = Source(
    key=KEY,
    title="Evaluation results",
    feeds=("evaluation_records",),
    actions=(
        Grant(
            (
                "bedrock-agentcore:ListOnlineEvaluationConfigs",
                "bedrock-agentcore:GetOnlineEvaluationConfig",
                "bedrock-agentcore:GetEvaluator",
                "logs:DescribeLogGroups",
            )
        ),
        Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:/aws/bedrock-agentcore/*:*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=OVERLAP,
    keeps=group_keeps,
    about=About(
        reads="Results of AgentCore Evaluations, online and batch, from the log groups that the configurations name, "
        "and gen_ai.evaluation.result events of your own. Explanations are not kept.",
        feeds="judge_results and the judge labels of tasks. Without it nothing is known of judges; verdicts, success "
        "and accuracy never depend on it.",
        cost="FilterLogEvents and the listing calls are free.",
        lag="A session is judged once it has rested (15 minutes unless configured otherwise), 5 to 25 minutes later. "
        "Three hours more are read again every time.",
        switch_on="AgentCore console, Evaluations, Online evaluation. A group outside /aws/bedrock-agentcore/ needs "
        "logs:FilterLogEvents on it; add your own groups in ledger.toml, [sources.evaluations] groups. "
        "On-demand evaluations are returned to their caller only: write them to such a group to have them here.",
    ),
    takes_groups=True,
)
