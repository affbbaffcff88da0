"""Every KPI of one agent over some days, written from the definitions in words on single tasks and calls."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from collectors.demo.truth.accuracy import accuracy
from collectors.demo.truth.calls import CallKnown, ToolKnown
from collectors.demo.truth.chances import brier_parts, error_beyond_chance
from collectors.demo.truth.handovers import pickup_time, waiting_handovers
from collectors.demo.truth.known import TaskKnown
from collectors.demo.truth.loop import loop_closed, loop_velocity
from collectors.demo.truth.span import Figure, Figures, Span, quantiles, ratio, share, total

WEEK_MS = 7 * 86_400_000.0
MINUTE_MS = 60_000.0


def task_volume(span: Span) -> Figures:
    """How many tasks began."""
    return {"": Figure(len(span.tasks), len(span.tasks))}


def completion_rate(span: Span) -> Figures:
    """Ended and not abandoned, of all."""
    return {"": share(task.verdict != "abandoned" for task in span.tasks)}


def success_rate(span: Span) -> Figures:
    """Success, of those with a verdict."""
    return {"": share(task.verdict == "success" if task.verdict else None for task in span.tasks)}


def label_coverage(span: Span) -> Figures:
    """Tasks with a label of a kind, of all."""
    kinds: dict[str, Callable[[TaskKnown], bool]] = {
        "human": lambda task: any(each is not None for each in (task.human_score, task.needed, task.alarm_right)),
        "judge": lambda task: task.judge_score is not None,
        "outcome": lambda task: task.verdict is not None,
    }
    found = {name: share(has(task) for task in span.tasks) for name, has in kinds.items()}
    return {"": share(any(has(task) for has in kinds.values()) for task in span.tasks)} | found


def judge_score(span: Span) -> Figures:
    """Passed, of those judged."""
    return _with_rubric(span, share(_passed(task.judge_score) for task in span.tasks))


def _with_rubric(span: Span, found: Figure) -> Figures:
    rubrics = {task.rubric for task in span.tasks} if found.value is not None else set()
    return {"": found} | dict.fromkeys(rubrics, found)


def _passed(score: float | None) -> bool | None:
    return None if score is None else score >= 0.5


def judge_agreement(span: Span) -> Figures:
    """Cohen's kappa of judge and people, and beside it Gwet's AC1, how often they agree and who errs how."""
    pairs = [
        (person, judge)
        for person, judge in ((_passed(t.human_score), _passed(t.judge_score)) for t in span.tasks)
        if person is not None and judge is not None
    ]
    if not pairs:
        return {"": Figure(None)}
    same, n = sum(person == judge for person, judge in pairs), len(pairs)
    right, passed = (sum(column) / n for column in zip(*pairs, strict=True))
    chance = right * passed + (1 - right) * (1 - passed)
    kappa = Figure((same / n - chance) / (1 - chance) if chance < 1 else None, n=n)
    even = (right + passed) * (1 - (right + passed) / 2)
    return _with_rubric(span, kappa) | {
        "ac1": Figure((same / n - even) / (1 - even), n=n),
        "agreement": ratio(same, n),
        "sensitivity": share(judge for person, judge in pairs if person),
        "specificity": share(not judge for person, judge in pairs if not person),
    }


def cost_per_task(span: Span) -> Figures:
    """What all priced calls cost, over tasks."""
    spent = total([task.cost_usd for task in span.tasks]).value
    return {"": Figure(None) if spent is None else ratio(spent, len(span.tasks))}


def cost_per_success(span: Span) -> Figures:
    """What all priced calls of tasks cost, over successes."""
    spent = total([task.cost_usd for task in span.tasks]).value
    good = success_rate(span)[""].numerator
    return {"": Figure(None) if spent is None or good is None else ratio(spent, good)}


def spend(span: Span) -> Figures:
    """What all priced calls cost, and those of each model."""
    models = {call.model for call in span.calls}
    own = {name: total([_usd(call) for call in span.calls if call.model == name]) for name in models}
    return {"": total([_usd(call) for call in span.calls])} | own


def _usd(call: CallKnown) -> float | None:
    return None if call.cost_usd is None else float(call.cost_usd)


def token_mix(span: Span) -> Figures:
    """Tokens of each kind, of all."""
    kinds = {
        "uncached_input": [call.fresh for call in span.calls],
        "cache_read": [call.read for call in span.calls],
        "cache_write_5m": [call.write for call in span.calls],
        "output": [call.output for call in span.calls],
    }
    sums = {name: total(tokens).value for name, tokens in kinds.items()}
    whole = math.fsum(each for each in sums.values() if each is not None)
    found = {name: ratio(each, whole) for name, each in sums.items() if each is not None}
    return {"": ratio(whole, whole)} | found


def cache_hit_rate(span: Span) -> Figures:
    """Tokens read from the cache, of all input tokens."""
    told = [(call.fresh, call.read, call.write or 0) for call in span.calls]
    known = [(fresh, read, write) for fresh, read, write in told if fresh is not None and read is not None]
    if not known:
        return {"": Figure(None)}
    return {"": ratio(sum(read for _, read, _ in known), sum(sum(each) for each in known))}


def cache_savings(span: Span) -> Figures:
    """What the cache saved on calls that tell what they read from it, less what writing to it cost extra."""
    return {"": total([None if call.saved_usd is None else float(call.saved_usd) for call in span.calls])}


def error_rate(span: Span) -> Figures:
    """Refused calls, of all; every refusal here is a throttled call."""
    return {"": share(call.refused for call in span.calls)}


def tool_reliability(span: Span, calls: Sequence[ToolKnown] | None = None) -> Figures:
    """Calls that worked, of all (or of these), and of each tool."""
    told = span.tools if calls is None else calls
    names = {tool.name for tool in span.tools}
    own = {name: share(tool.worked for tool in told if tool.name == name) for name in names}
    return {"": share(tool.worked for tool in told)} | own


def tool_first_try(span: Span) -> Figures:
    """The same, without calls that repeat a failed one."""
    return tool_reliability(span, [tool for tool in span.tools if not tool.retry])


def tool_failures(span: Span) -> Figures:
    """Calls that did not work, of all, and so many of each kind."""
    kinds = Counter(tool.outcome for tool in span.tools if not tool.worked)
    whole = share(not tool.worked for tool in span.tools)
    return {"": whole} | {kind: ratio(count, len(span.tools)) for kind, count in kinds.items()}


def guardrail_intervention_rate(span: Span) -> Figures:
    """Calls that a guardrail changed or stopped, of those that it looked at, and by side and policy where told."""
    whole = share(call.intervened for call in span.calls)
    told = Counter(name for call in span.calls for name in call.stepped_in or ())
    return {"": whole} | {name: ratio(count, whole.denominator or 0) for name, count in told.items()}


def guardrail_precision(span: Span) -> Figures:
    """Right to step in, of the tasks and days with an intervention that people looked at."""
    stepped_in = {
        (task.task.trace, call.day): task.alarm_right
        for task in span.known.tasks
        for call in task.calls
        if call.intervened and call.agent == span.known.agent.key and span.holds(call.day, call.environment)
    }
    return {"": share(stepped_in.values())}


def escalation_rate(span: Span) -> Figures:
    """Handed over, of those that ended somehow, and the same for each reason."""
    ended = [task for task in span.tasks if task.status is not None or task.escalated is not None]
    reasons = Counter(task.reason for task in ended if task.escalated and task.reason)
    if all(task.escalated is None for task in ended):
        return {"": Figure(None)}
    own = {name: ratio(count, len(ended)) for name, count in reasons.items()}
    return {"": ratio(sum(reasons.values()), len(ended))} | own


def escalation_precision(span: Span) -> Figures:
    """Needed, of the hand-overs that people reviewed; and of all tasks that needed a person, the share that got one.

    How many of the others would have needed one is known from those that a person checked: the wrong ones.
    """
    handed_over = [task for task in span.tasks if task.escalated]
    alone = [task for task in span.tasks if not task.escalated]
    precision = share(task.needed for task in handed_over)
    wrong = share(None if task.human_score is None else task.human_score < 0.5 for task in alone)
    if precision.value is None or wrong.value is None:
        return {"": precision}
    caught, missed = len(handed_over) * precision.value, len(alone) * wrong.value
    return {"": precision, "recall": Figure(caught / (caught + missed) if caught + missed else None)}


def leakage(span: Span) -> Figures:
    """Not handed over, of those that are less sure than the contract asks for."""
    least = span.contract.confidence_threshold
    below = [task for task in span.tasks if least and task.confidence is not None and task.confidence < least]
    return {"": share(not task.escalated for task in below)}


def containment(span: Span) -> Figures:
    """Untouched by people, of the ended ones that anybody reported on."""
    return {"": share(None if each.touched is None else not each.touched for each in _ended(span))}


def autonomy(span: Span) -> Figures:
    """Success untouched by people, of the ended ones with a verdict or a person's touch."""
    known = [task for task in _ended(span) if task.verdict or task.touched]
    return {"": share(task.verdict == "success" and not task.touched for task in known)}


def _ended(span: Span) -> list[TaskKnown]:
    return [task for task in span.tasks if task.verdict != "abandoned"]


def minutes_saved(span: Span) -> Figures:
    """The baseline of every success less people's minutes, in ms."""
    usual = span.contract.baseline_minutes
    told = [task for task in span.tasks if usual and (task.verdict or task.human_minutes is not None)]
    return {"": total([MINUTE_MS * (_good(task) * (usual or 0) - (task.human_minutes or 0)) for task in told])}


def net_value(span: Span) -> Figures:
    """The worth of those minutes less model cost and uncaught errors, in USD."""
    usual, hourly = span.contract.baseline_minutes, span.contract.hourly_rate_usd
    if not usual or hourly is None:
        return {"": Figure(None)}
    return {"": total([_good(task) * usual * hourly / 60 - _paid(span, task, hourly) for task in span.tasks])}


def full_cost_per_success(span: Span) -> Figures:
    """What people's time, uncaught errors and the model cost of all tasks come to, over the successes."""
    hourly = span.contract.hourly_rate_usd
    told = [task for task in span.tasks if task.verdict]
    if hourly is None or not told:
        return {"": Figure(None)}
    return {"": ratio(math.fsum(_paid(span, task, hourly) for task in span.tasks), sum(_good(task) for task in told))}


def _paid(span: Span, task: TaskKnown, hourly: float) -> float:
    """What a task cost in all, in USD."""
    error = (span.contract.error_cost_usd or 0.0) if task.status == "failed" and not task.touched else 0.0
    return (task.cost_usd or 0.0) + (task.human_minutes or 0) * hourly / 60 + error


def _good(task: TaskKnown) -> bool:
    return task.verdict == "success"


def sla_attainment(span: Span) -> Figures:
    """In time, good or handed over, and sure enough; of those of which it is known."""
    deadline, least = span.contract.deadline_minutes, span.contract.confidence_threshold or 0.0
    if not deadline:
        return {"": Figure(None)}

    def kept(task: TaskKnown) -> bool | None:
        late = task.duration_ms > deadline * MINUTE_MS
        leaked = task.confidence is not None and task.confidence < least and not task.escalated
        if late or leaked or task.status is not None:
            return not late and not leaked and (_good(task) or bool(task.escalated))
        return None

    return {"": share(kept(task) for task in span.tasks)}


def pass_k(span: Span) -> Figures:
    """The chance that k tries of one job all end well, over jobs that were tried so often."""
    jobs: dict[str, list[bool]] = defaultdict(list)
    for task in span.tasks:
        if task.verdict:
            jobs[task.task.key].append(_good(task))
    found = {}
    for k in range(1, 5):
        chances = [math.comb(sum(tries), k) / math.comb(len(tries), k) for tries in jobs.values() if len(tries) >= k]
        found[f"k={k}"] = ratio(math.fsum(chances), len(chances))
    return found


def rework_rate(span: Span) -> Figures:
    """Successes that a person corrected or whose job came again within a week, of all successes."""
    starts: dict[str, list[float]] = defaultdict(list)
    for task in span.known.tasks:
        starts[task.task.key].append(task.started_ms)

    def again(task: TaskKnown) -> bool:
        return any(0 < later - task.started_ms <= WEEK_MS for later in starts[task.task.key])

    return {"": share(again(task) or bool(task.corrected) for task in span.tasks if _good(task))}


def calibration(span: Span) -> Figures:
    """The error of confidence beyond chance, over-confidence, Brier score and how well it tells right from wrong."""
    groups = calibration_groups(span)
    if not groups:
        return {"": Figure(None)}
    n, sure, right = (math.fsum(column) for column in zip(*groups, strict=True))
    brier = math.fsum(r * (1 - c / k) ** 2 + (k - r) * (c / k) ** 2 for k, c, r in groups) / n
    wins, wrong_below = 0.0, 0.0
    for k, _, r in groups:
        wins += r * (wrong_below + (k - r) / 2)
        wrong_below += k - r
    auroc = wins / (right * (n - right)) if 0 < right < n else None
    found = {"": error_beyond_chance(groups), "over_confidence": (sure - right) / n, "brier": brier, "auroc": auroc}
    return {name: Figure(value, n=int(n)) for name, value in (found | brier_parts(groups)).items()}


def calibration_groups(span: Span) -> list[tuple[int, float, float]]:
    """How many checked tasks, their confidence and how many were right, for each hundredth of confidence."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for task in span.tasks:
        if task.truth and task.confidence is not None and not task.escalated:
            found[min(99, math.floor(task.confidence * 100))].append((task.confidence, task.truth[0]))
    return [
        (len(own), math.fsum(sure for sure, _ in own), math.fsum(right for _, right in own))
        for _, own in sorted(found.items())
    ]


def drift(span: Span) -> Figures:
    """The population stability index of each dimension against as many days before, and of the one that moved most.

    Of days that the account does not show whole only what it shows is there to compare with: hours of one day, for all.
    """
    now, before = _bins(span), _bins(span.before)
    found, beyond = {}, {}
    for name, own in now.items():
        n, m, names = sum(own.values()), sum(before[name].values()), own.keys() | before[name].keys()
        if n and m:
            pairs = [(max(before[name][each] / m, 1e-6), max(own[each] / n, 1e-6)) for each in names]
            found[name] = Figure(math.fsum((b - a) * math.log(b / a) for a, b in pairs), n=min(n, m))
            beyond[name] = (found[name].value or 0.0) / ((max(2, len(names)) - 1) * (1 / n + 1 / m))
    return {"": found[max(sorted(beyond), key=lambda name: beyond[name])]} | found if found else {"": Figure(None)}


def _bins(span: Span) -> Mapping[str, Counter[str]]:
    outputs = [[c.output for c in task.calls if c.output is not None] for task in span.tasks]
    sure = [task.confidence for task in span.tasks if task.confidence is not None]
    return {
        "task_type": Counter(task.task.kind.name for task in span.tasks),
        "confidence": Counter(str(min(9, math.floor(each * 10))) for each in sure),
        "output_tokens": Counter(str(math.floor(math.log2(1 + sum(each)))) for each in outputs if each),
        "model": Counter(call.model for call in span.calls),
        "tool": Counter(tool.name for tool in span.tools),
    }


FIGURES: dict[str, Callable[[Span], Figures]] = {
    "task_volume": task_volume,
    "completion_rate": completion_rate,
    "success_rate": success_rate,
    "accuracy": accuracy,
    "reported_problems": lambda span: {"": Figure(0, 0)},
    "label_coverage": label_coverage,
    "judge_score": judge_score,
    "judge_agreement": judge_agreement,
    "cost_per_task": cost_per_task,
    "cost_per_success": cost_per_success,
    "full_cost_per_success": full_cost_per_success,
    "token_mix": token_mix,
    "cache_hit_rate": cache_hit_rate,
    "cache_savings": cache_savings,
    "task_latency": lambda span: quantiles(task.duration_ms for task in span.tasks),
    "time_to_first_token": lambda span: quantiles(call.ttft_ms for call in span.calls),
    "model_latency": lambda span: quantiles(call.duration_ms for call in span.calls),
    "tool_latency": lambda span: quantiles(tool.duration_ms for tool in span.tools),
    "error_rate": error_rate,
    "throttle_rate": error_rate,
    "tool_reliability": tool_reliability,
    "tool_first_try": tool_first_try,
    "tool_failures": tool_failures,
    "guardrail_intervention_rate": guardrail_intervention_rate,
    "guardrail_precision": guardrail_precision,
    "escalation_rate": escalation_rate,
    "escalation_precision": escalation_precision,
    "pickup_time": pickup_time,
    "waiting_handovers": waiting_handovers,
    "leakage": leakage,
    "calibration": calibration,
    "containment": containment,
    "autonomy": autonomy,
    "minutes_saved": minutes_saved,
    "net_value": net_value,
    "sla_attainment": sla_attainment,
    "pass_k": pass_k,
    "rework_rate": rework_rate,
    "drift": drift,
    "spend": spend,
    "loop_velocity": loop_velocity,
    "loop_closed": loop_closed,
}
