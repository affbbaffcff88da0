"""What AgentCore Evaluations says of its judges: the configurations that run them and the evaluators themselves.

Results name both but say neither how likely a task was to be judged nor where a scale ends. The answers are read here
and kept without any text: no instructions, no definitions of ratings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.aws import Account, Page
from collectors.errors import AccessDenied, NotFound
from collectors.window import to_ms

SERVICE = "bedrock-agentcore-control"
DEFAULT_TIMEOUT = timedelta(minutes=15)
CONFIG_NAMED = re.compile(r'"onlineEvaluationConfigId"\s*:\s*"([^"]+)"|:online-evaluation-config/([^"/]+)"')
# An evaluator of the account's own: those of AWS have neither region nor account in their ARN.
EVALUATOR_NAMED = re.compile(r'"arn:[^":]+:bedrock-agentcore:[^":]+:\d+:evaluator/([^"]+)"')
RUNTIME_GROUP = re.compile(r"/aws/bedrock-agentcore/runtimes/(.+-[A-Za-z0-9]{10})-[^/]+")
# What the ends of a scale may be called. A plain yes or no says nothing: yes, it refused.
GOOD = frozenset(
    {"pass", "passed", "correct", "good", "excellent", "helpful", "perfect", "complete", "success", "safe"}
)
BAD = frozenset(
    {"fail", "failed", "incorrect", "bad", "poor", "wrong", "harmful", "stereotyping", "refusal", "malicious"}
)
NEGATIONS = frozenset({"no", "not", "non"})
# Evaluators of AWS whose names say that more is better; what harm or a refusal scores is read from the scale.
HIGHER = frozenset(
    {
        "Builtin.GoalSuccessRate",
        "Builtin.Helpfulness",
        "Builtin.Correctness",
        "Builtin.Faithfulness",
        "Builtin.ResponseRelevance",
        "Builtin.Coherence",
        "Builtin.Conciseness",
        "Builtin.InstructionFollowing",
        "Builtin.ToolSelectionAccuracy",
        "Builtin.ToolParameterAccuracy",
        "Builtin.SkillSelectionAccuracy",
        "Builtin.SkillInstructionFollowing",
        "Builtin.TrajectoryExactOrderMatch",
        "Builtin.TrajectoryInOrderMatch",
        "Builtin.TrajectoryAnyOrderMatch",
    }
)

Facts = dict[str, Any]


def online_configs(account: Account) -> Iterator[Page]:
    """Every online evaluation configuration in full. Raises SourceFailed."""
    for page in account.pages(SERVICE, "ListOnlineEvaluationConfigs"):
        for each in page["onlineEvaluationConfigs"]:
            config = online_config(account, each["onlineEvaluationConfigId"])
            if config is not None:
                yield config


def online_config(account: Account, config_id: str) -> Page | None:
    """One configuration, or None where it no longer exists."""
    try:
        return account.call(SERVICE, "GetOnlineEvaluationConfig", onlineEvaluationConfigId=config_id)
    except NotFound:
        return None


def evaluator(account: Account, evaluator_id: str) -> Page | None:
    """One evaluator with its scale, or None where it no longer exists.

    A definition encrypted with a key that we may not use is read without its scale.
    """
    try:
        return account.call(SERVICE, "GetEvaluator", evaluatorId=evaluator_id)
    except NotFound:
        return None
    except AccessDenied:
        return account.call(SERVICE, "GetEvaluator", evaluatorId=evaluator_id, includedData="METADATA_ONLY")


def probability(config: Page) -> float | None:
    """The chance with which any task of the agent was judged; None where filters choose first."""
    rule = config.get("rule", {})
    percentage = rule.get("samplingConfig", {}).get("samplingPercentage")
    return None if rule.get("filters") or not percentage else float(percentage) / 100


def timeout(config: Page) -> timedelta:
    """How long a session must rest before it is judged."""
    minutes = config.get("rule", {}).get("sessionConfig", {}).get("sessionTimeoutMinutes")
    return DEFAULT_TIMEOUT if minutes is None else timedelta(minutes=minutes)


def source_logs(config: Page) -> Page:
    """Where the configuration finds the agent's traces: log groups or their prefixes, and the service name."""
    logs: Page = config.get("dataSourceConfig", {}).get("cloudWatchLogs", {})
    return logs


def runtime(config: Page) -> str | None:
    """The AgentCore runtime whose own log group is judged, where it is exactly one."""
    matches = (RUNTIME_GROUP.fullmatch(name) for name in source_logs(config).get("logGroupNames") or [])
    found = {match.group(1) for match in matches if match is not None}
    return found.pop() if len(found) == 1 else None


def scales(definition: Page) -> list[Page]:
    """The rating scales of an evaluator; one with several dimensions has one for each."""
    scale = definition.get("evaluatorConfig", {}).get("llmAsAJudge", {}).get("ratingScale", {})
    return [each["dimensionRatingScale"] for each in scale.get("multiDimensional") or []] or [scale]


def ends(definition: Page) -> tuple[float, float] | None:
    """The least and the greatest rating, where every dimension has the same; None where that is unknown."""
    found = set()
    for scale in scales(definition):
        values = [float(each["value"]) for each in scale.get("numerical") or []]
        found.add((min(values), max(values)) if values else None)
    return found.pop() if len(found) == 1 else None


def polarity(name: str, definition: Page | None) -> str:
    """higher_is_better, lower_is_better or unknown: by the names of the ends of the scale, else by AWS's own name."""
    ratings = [each for scale in scales(definition or {}) for each in scale.get("numerical") or []]
    if len(ratings) > 1:
        ordered = sorted(ratings, key=lambda each: float(each["value"]))
        worst, best = sense(ordered[0]["label"]), sense(ordered[-1]["label"])
        if best - worst:
            return "higher_is_better" if best > worst else "lower_is_better"
    return "higher_is_better" if name in HIGHER else "unknown"


def sense(label: str) -> int:
    """1 for a good rating, -1 for a bad one, 0 where the words do not say."""
    negated = False
    for word in re.findall(r"[a-z]+", label.lower()):
        if word in GOOD or word in BAD:
            return (1 if word in GOOD else -1) * (-1 if negated else 1)
        negated = negated or word in NEGATIONS
    return 0


def judge_model(definition: Page) -> str | None:
    """The model that judges, where the evaluator names one."""
    config = definition.get("evaluatorConfig", {})
    models = [config.get(kind, {}).get("modelConfig", {}) for kind in ("llmAsAJudge", "derived")]
    return next((str(each["modelId"]) for model in models for each in model.values() if "modelId" in each), None)


def scale_kind(definition: Page) -> str | None:
    """numerical, categorical or multi_dimensional; None where the definition does not say."""
    scale = definition.get("evaluatorConfig", {}).get("llmAsAJudge", {}).get("ratingScale", {})
    kinds = {"numerical": "numerical", "categorical": "categorical", "multiDimensional": "multi_dimensional"}
    return next((kind for key, kind in kinds.items() if scale.get(key)), None)


@dataclass
class Witness:
    """Tells with each result what the service knows of its judge; everything is asked once, and only if named."""

    account: Account
    configs: dict[str, Page | None] = field(default_factory=dict)
    evaluators: dict[str, Page | None] = field(default_factory=dict)

    def tell(self, event: Page) -> Page:
        """The log event with its record in an envelope of facts; other events stay as they are."""
        text = str(event.get("message") or "").lstrip()
        if not text.startswith("{") or "gen_ai.evaluation.result" not in text:
            return event
        facts = self.facts(text, event.get("timestamp"))
        if not facts:
            return event
        return {**event, "message": f'{{"ledger.facts":{json.dumps(facts)},"ledger.record":{text}}}'}

    def facts(self, text: str, at_ms: int | None) -> Facts:
        """What is known of the configuration and the evaluator that a record names."""
        found: Facts = {}
        named = CONFIG_NAMED.search(text)
        config = named and self.config(named.group(1) or named.group(2))
        if config:
            found |= {"runtime": runtime(config), "sampling": probability(config) if held(config, at_ms) else None}
        own = EVALUATOR_NAMED.search(text)
        definition = own and self.evaluator(own.group(1))
        if definition:
            found |= {"scale": ends(definition), "code": "codeBased" in definition.get("evaluatorConfig", {}) or None}
        return {key: value for key, value in found.items() if value is not None}

    def config(self, config_id: str) -> Page | None:
        """A configuration by its id."""
        return _once(self.configs, config_id, lambda: online_config(self.account, config_id))

    def evaluator(self, evaluator_id: str) -> Page | None:
        """An evaluator by its id."""
        return _once(self.evaluators, evaluator_id, lambda: evaluator(self.account, evaluator_id))

    @property
    def longest_timeout(self) -> timedelta:
        """The longest rest that any configuration met so far waits for."""
        return max((timeout(each) for each in self.configs.values() if each), default=DEFAULT_TIMEOUT)


def held(config: Page, at_ms: int | None) -> bool:
    """Whether the configuration stood then as it stands now: AWS keeps no history of the sampling."""
    return at_ms is None or to_ms(naive(config["updatedAt"])) <= at_ms


def naive(moment: datetime) -> datetime:
    """A time of an answer as naive UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _once(known: dict[str, Page | None], key: str, ask: Callable[[], Page | None]) -> Page | None:
    if key not in known:
        known[key] = ask()
    return known[key]
