"""Which CloudWatch metrics are read: a table of namespaces, and the pure functions that look things up in it.

The dimension sets of one metric are projections of the same events, so a series is read only when its exact set of
dimension names is wanted, and `projection` keeps the sets apart: `parts` may be added up, `total` already is a sum of
parts, `split` cuts the parts finer; None is not known. `definition` names what a figure means where one name means
several things (sql/seeds/metric_definitions.csv says what).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache

Names = frozenset[str]
PERCENTILES = ("p50", "p95")
EVERYTHING = "All"  # the value of the dimension Resource in an aggregate over all resources


@dataclass(frozen=True)
class Measure:
    """Which statistics are read, and the unit of all but SampleCount. Percentiles are never averaged."""

    stats: tuple[str, ...]
    unit: str


COUNT = Measure(("Sum",), "Count")
TIME = Measure(("Sum", "SampleCount", *PERCENTILES), "Milliseconds")
GAUGE = Measure(("Maximum", "Average", "SampleCount"), "Count")
SCORE = Measure(("Sum", "SampleCount", "Minimum", "Maximum"), "None")
VCPU_HOURS = Measure(("Sum",), "vCPU-Hours")
GB_HOURS = Measure(("Sum",), "GB-Hours")


@dataclass(frozen=True)
class Series:
    """One metric with one exact dimension set."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def names(self) -> Names:
        """The names of its dimensions."""
        return frozenset(name for name, _ in self.dimensions)


@dataclass(frozen=True)
class Wanted:
    """Metrics of one service (names; * stands for anything) and the exact dimension sets that are read of them.

    `where` are patterns of dimension values. `any_set` takes every other set too: where AWS does not publish which
    there are; what they project is unknown.
    """

    service: str
    metrics: tuple[str, ...]
    measure: Measure
    parts: tuple[Names, ...] = ()
    totals: tuple[Names, ...] = ()
    splits: tuple[Names, ...] = ()
    any_set: bool = False
    where: Mapping[str, str] = field(default_factory=dict)
    definition: str | None = None

    def names(self, metric: str) -> bool:
        """Whether the metric is one of these."""
        return any(fnmatchcase(metric, pattern) for pattern in self.metrics)

    def fits(self, series: Series) -> bool:
        """Whether the dimensions are wanted, by name and by value."""
        known = self.any_set or series.names in (*self.parts, *self.totals, *self.splits)
        values = dict(series.dimensions)
        return known and all(fnmatchcase(values.get(name, ""), like) for name, like in self.where.items())

    def projection(self, series: Series) -> str | None:
        """What the series stands for among those of its metric."""
        if ("Resource", EVERYTHING) in series.dimensions or series.names in self.totals:
            return "total"
        if series.names in self.parts:
            return "parts"
        return "split" if series.names in self.splits else None


@dataclass(frozen=True)
class Namespace:
    """A namespace. `starts_with` says what makes its first metric; `of_hosts`: only the declared hosts' series."""

    name: str
    starts_with: str
    wanted: tuple[Wanted, ...]
    of_hosts: bool = False


def dimensions(*names: str) -> Names:
    """A set of dimension names."""
    return frozenset(names)


NONE, MODEL = dimensions(), dimensions("ModelId")
MODEL_TIER = dimensions("ModelId", "ServiceTier")
MODEL_SERVED_TIER = dimensions("ModelId", "ServiceTier", "ResolvedServiceTier")


def _bedrock() -> Iterator[Wanted]:
    def of(measure: Measure, *metrics: str, definition: str | None = None, tiers: bool = False) -> Wanted:
        splits = (MODEL_TIER, MODEL_SERVED_TIER) if tiers else ()
        return Wanted("bedrock", metrics, measure, (MODEL,), (NONE,), splits, definition=definition)

    yield of(COUNT, "Invocations", definition="bedrock_invocations")
    yield of(COUNT, "InvocationClientErrors", "InvocationServerErrors", "InvocationThrottles")
    yield of(TIME, "InvocationLatency", definition="latency_to_last_token")
    yield of(TIME, "TimeToFirstToken", definition="first_token_streaming_only")
    yield of(COUNT, "InputTokenCount", definition="input_without_cached", tiers=True)
    yield of(COUNT, "OutputTokenCount", tiers=True)
    yield of(COUNT, "Cache*InputTokens", definition="cache_tokens_as_documented")
    yield of(COUNT, "Cache*InputTokenCount", definition="cache_tokens_as_seen")
    yield of(Measure(("Sum", "Maximum"), "Count"), "EstimatedTPMQuotaUsage")
    yield of(COUNT, "ModelInvocation*DeliverySuccess", "ModelInvocation*DeliveryFailure", definition="log_delivery")


GUARDRAIL = dimensions("GuardrailArn", "GuardrailVersion")


def _guardrails() -> Iterator[Wanted]:
    totals = (dimensions("Operation"),)
    splits = (GUARDRAIL | {"GuardrailContentSource"}, GUARDRAIL | {"GuardrailPolicyType"})
    checks = "guardrail_checks"
    yield Wanted(
        "guardrails", ("Invocations*", "TextUnitCount"), COUNT, (GUARDRAIL,), totals, splits, definition=checks
    )
    errors = ("InvocationClientErrors", "InvocationServerErrors", "InvocationThrottles")
    yield Wanted("guardrails", errors, COUNT, (GUARDRAIL,), totals)
    yield Wanted("guardrails", ("InvocationLatency", "Latency"), TIME, (GUARDRAIL,), totals)
    yield Wanted("guardrails", ("FindingCounts", "TotalFindings"), COUNT, any_set=True, definition="reasoning_findings")


ALIAS = dimensions("Operation", "AgentAliasArn", "ModelId")


def _classic_agents() -> Iterator[Wanted]:
    def of(measure: Measure, *metrics: str, definition: str | None = None) -> Wanted:
        totals = (dimensions("Operation", "ModelId"), dimensions("Operation"))
        return Wanted("bedrock_agents", metrics, measure, (ALIAS,), totals, definition=definition)

    yield of(COUNT, "InvocationCount", "InvocationServerErrors", "InvocationThrottles")
    yield of(COUNT, "InvocationClientErrors", "InvocationCLientErrors", definition="agent_client_errors")
    yield of(COUNT, "ModelInvocationCount", "ModelInvocationServerErrors", "ModelInvocationThrottles")
    yield of(
        COUNT, "ModelInvocationClientErrors", "ModelInvocationCLientErrors", definition="agent_model_client_errors"
    )
    yield of(COUNT, "InputTokenCount", "OutputTokenCount", definition="agent_tokens")
    yield of(TIME, "TotalTime", definition="agent_total_time")
    yield of(TIME, "TTFT", definition="agent_first_token")
    yield of(TIME, "ModelLatency")


def _mantle() -> Iterator[Wanted]:
    def of(*metrics: str, definition: str | None = None) -> Wanted:
        parts = (dimensions("Project", "Model"),)
        return Wanted("mantle", metrics, COUNT, parts, (NONE, dimensions("Model")), definition=definition)

    yield of("Inferences", "InferenceClientErrors", definition="mantle_inferences")
    yield of("TotalInputTokens", "TotalOutputTokens", definition="mantle_total_tokens")
    yield of("InputTokens", "OutputTokens", definition="mantle_tokens")


DECISIONS = ("AllowDecisions", "DenyDecisions", "NoDeterminingPolicies", "MismatchErrors")
FAILURES = ("Throttles", "SystemErrors", "UserErrors", "Errors", "TotalErrors")
OPERATION, OPERATION_OF = dimensions("Operation"), dimensions("Operation", "Resource")
TOOL_CALL = dimensions("Mode", "OperationName", "TargetResource", "ToolName")
ENGINE = dimensions("OperationName", "PolicyEngine", "TargetResource")
USAGE = dimensions("Resource", "Service")


def _runtime() -> Iterator[Wanted]:
    endpoint = dimensions("Name", "Operation", "Resource")
    where = {"Operation": "InvokeAgentRuntime*"}

    def of(measure: Measure, *metrics: str, definition: str | None = None) -> Wanted:
        return Wanted("runtime", metrics, measure, (endpoint,), (OPERATION_OF, OPERATION), (), False, where, definition)

    yield of(COUNT, "Invocations", *FAILURES)
    yield of(TIME, "Latency", definition="runtime_latency_to_last_token")
    yield of(COUNT, "Sessions", "SessionCount", definition="new_sessions")
    totals = (dimensions("Resource"), NONE)
    yield Wanted("runtime", ("Sessions", "SessionCount"), COUNT, (), totals, definition="new_sessions")
    yield Wanted("runtime", ("Active*",), GAUGE, any_set=True, definition="active_now")


def _usage() -> Iterator[Wanted]:
    totals, splits = (dimensions("Service"),), (USAGE | {"Name"},)
    for metric, measure in (("CPUUsed-vCPUHours", VCPU_HOURS), ("MemoryUsed-GBHours", GB_HOURS)):
        yield Wanted("usage", (metric,), measure, (USAGE,), totals, splits, definition="usage_not_billed")


def _gateway() -> Iterator[Wanted]:
    call = dimensions("Method", "Operation", "Protocol", "Resource")
    where = {"Operation": "InvokeGateway"}

    def of(measure: Measure, *metrics: str, definition: str | None = None) -> Wanted:
        return Wanted("gateway", metrics, measure, (call | {"Name"},), (call,), (), False, where, definition)

    yield of(COUNT, "Invocations", *FAILURES)
    yield of(TIME, "Latency", definition="gateway_latency_to_first_byte")
    yield of(TIME, "Duration", definition="gateway_duration_to_last_byte")
    yield of(TIME, "TargetExecutionTime", definition="gateway_target_only")
    yield Wanted("gateway", ("TargetType",), COUNT, any_set=True)


def _policy() -> Iterator[Wanted]:
    for operation, mode, definition in (
        ("AuthorizeAction", "ENFORCE", "decision_enforced"),
        ("AuthorizeAction", "LOG_ONLY", "decision_only_logged"),
        ("PartiallyAuthorizeActions", "*", "tool_list_filtered"),
    ):
        where = {"OperationName": operation, "Mode": mode}
        yield Wanted("policy", DECISIONS, COUNT, (TOOL_CALL,), where=where, definition=definition)
    for operation, definition in (
        ("AuthorizeAction", "decision_in_any_mode"),
        ("PartiallyAuthorizeActions", "tool_list_filtered"),
    ):
        where, totals = {"OperationName": operation}, (ENGINE, dimensions("OperationName"))
        yield Wanted("policy", (*DECISIONS, "LogOnly*"), COUNT, (), totals, where=where, definition=definition)
        checks = ("Invocations", "SystemErrors", "UserErrors", "TotalMismatchedPolicies")
        yield Wanted("policy", checks, COUNT, (ENGINE,), totals[1:], where=where)
        yield Wanted("policy", ("Latency", "GuardrailLatency"), TIME, (ENGINE,), totals[1:], where=where)
    yield Wanted("policy", ("ConfidenceScore",), SCORE, any_set=True, definition="policy_guardrail_score")


def _identity() -> Iterator[Wanted]:
    families = ("WorkloadAccessTokenFetch*", "ResourceAccessTokenFetch*", "ApiKeyFetch*", "InboundAuthorization*")
    yield Wanted("identity", families, COUNT, any_set=True, definition="access_token_fetch")


def _tools() -> Iterator[Wanted]:
    takeover = "browser_takeover"
    for metrics, measure in ((("Tak*OverCount", "Tak*OverReleaseCount"), COUNT), (("Tak*OverDuration",), TIME)):
        yield Wanted("browser", metrics, measure, (OPERATION_OF,), (OPERATION,), any_set=True, definition=takeover)
    for service, like in (("browser", "*Browser*"), ("code_interpreter", "*CodeInterpreter*")):
        sets, where = ((OPERATION_OF,), (OPERATION,)), {"Operation": like}
        yield Wanted(service, ("Invocations", *FAILURES), COUNT, *sets, where=where)
        yield Wanted(service, ("Latency",), TIME, *sets, where=where, definition="tool_latency_to_first_token")
        yield Wanted(service, ("Duration",), TIME, *sets, where=where, definition="tool_session_duration")


def _memory() -> Iterator[Wanted]:
    def of(measure: Measure, *metrics: str, definition: str | None = None) -> Wanted:
        where = {"Resource": "*:memory/*"}
        return Wanted("memory", metrics, measure, (OPERATION_OF,), where=where, definition=definition)

    yield of(COUNT, "Invocations", *FAILURES)
    yield of(TIME, "Latency", definition="memory_latency_or_ingestion")
    yield Wanted("memory", ("CreationCount", "TokenCount"), COUNT, any_set=True, definition="memory_items")


SERVED, CONFIGURED = dimensions("service.name"), dimensions("service.name", "onlineEvaluationConfigId")
SCORES = Wanted(
    "evaluations",
    ("*",),
    SCORE,
    parts=(CONFIGURED, dimensions("service.name", "evaluationJobId")),
    totals=(SERVED,),
    splits=(CONFIGURED | {"label"},),
    definition="evaluator_score",
)


def _lambda() -> Iterator[Wanted]:
    function = (dimensions("FunctionName"),)
    yield Wanted("lambda", ("Invocations", "Throttles", "DeadLetterErrors"), COUNT, function)
    yield Wanted("lambda", ("Errors",), COUNT, function, definition="unhandled_errors")
    yield Wanted("lambda", ("Duration",), TIME, function)
    yield Wanted("lambda", ("ConcurrentExecutions",), GAUGE, function)


def _states() -> Iterator[Wanted]:
    machine, activity = (dimensions("StateMachineArn"),), (dimensions("ActivityArn"),)
    yield Wanted("states", ("Executions*", "ExecutionThrottled"), COUNT, machine)
    yield Wanted("states", ("ExecutionTime",), TIME, machine, definition="execution_with_waits")
    yield Wanted("states", ("Activities*",), COUNT, activity)
    yield Wanted("states", ("Activity*Time",), TIME, activity, definition="activity_wait")


def _api_gateway() -> Iterator[Wanted]:
    api = (dimensions("ApiName"), dimensions("ApiId"))
    yield Wanted("api_gateway", ("Count", "4XXError", "5XXError", "4xx", "5xx"), COUNT, api)
    yield Wanted("api_gateway", ("Latency", "IntegrationLatency"), TIME, api)


EVALUATIONS = "Bedrock-AgentCore/Evaluations"
CALL, GUARDED = "the first model call", "the first call with a guardrail"


def _agentcore() -> tuple[Wanted, ...]:
    families = (_policy, _usage, _identity, _tools, _gateway, _runtime, _memory)
    return tuple(wanted for family in families for wanted in family())


KNOWN = {
    each.name: each
    for each in (
        Namespace("AWS/Bedrock", CALL, tuple(_bedrock())),
        Namespace("AWS/Bedrock/Guardrails", GUARDED, tuple(_guardrails())),
        Namespace("AWS/Bedrock/Agents", "the first call of a Bedrock agent", tuple(_classic_agents())),
        Namespace("AWS/BedrockMantle", "the first call to the bedrock-mantle endpoint", tuple(_mantle())),
        Namespace("AWS/Bedrock-AgentCore", "the first use of AgentCore", _agentcore()),
        Namespace(EVALUATIONS, "the first result of an evaluation", (SCORES,)),
        Namespace("AWS/Lambda", "the first invocation of a declared function", tuple(_lambda()), of_hosts=True),
        Namespace("AWS/States", "the first execution of a declared machine", tuple(_states()), of_hosts=True),
        Namespace("AWS/ApiGateway", "the first request to a declared API", tuple(_api_gateway()), of_hosts=True),
    )
}


@cache
def namespace(name: str) -> Namespace:
    """The namespace of that name; a name that is not in the table holds evaluation scores, by the owner's choice."""
    return KNOWN.get(name) or Namespace(name, KNOWN[EVALUATIONS].starts_with, (SCORES,))


@cache
def _of_metric(space: str, metric: str) -> tuple[Wanted, ...]:
    return tuple(each for each in namespace(space).wanted if each.names(metric))


def wanted(series: Series) -> Wanted | str:
    """The line of the table that wants the series, or why there is none."""
    candidates = _of_metric(series.namespace, series.metric)
    found = next((each for each in candidates if each.fits(series)), None)
    return found or ("dimensions_not_wanted" if candidates else "metric_not_wanted")
