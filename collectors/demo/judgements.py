"""The statements that will arrive about a task: its outcome, people's reviews, a model's opinion."""

from random import Random

from collectors.demo.chance import around
from collectors.demo.conditions import Conditions
from collectors.demo.facts import Judgement, Task

SECOND_DELIVERY_SHARE = 0.006
CORRECTION_SHARE = 0.012
NEVER_TAKEN_SHARE = 0.02
RIGHT_ALARM_SHARE = 0.8
STEPPED_IN = ("masked", "blocked")


def draw_judgements(rng: Random, task: Task, now: Conditions) -> None:
    """The statements that will arrive about a task: its outcome, people's reviews, a model's opinion."""
    verdicts = task.agent.verdicts
    if rng.random() < verdicts.outcome_share:
        _draw_outcome_events(rng, task)
    if rng.random() < verdicts.human_share and task.outcome != "abandoned":  # nobody reviews what was given up
        right = task.good if rng.random() < 0.96 else not task.good
        task.judgements.append(
            Judgement(
                "human",
                around(rng, 90_000, 0.6),
                rng.getrandbits(128),
                accepted=right,
                score=1.0 if right else 0.0,
                probability=verdicts.human_share,
            )
        )
    if rng.random() < verdicts.judge_share:
        kind = task.good if rng.random() < 0.87 else not task.good
        score = rng.choice((0.75, 1.0, 1.0)) if kind else rng.choice((0.0, 0.25, 0.5))
        task.judgements.append(
            Judgement(
                "judge",
                around(rng, 1300, 0.2),
                rng.getrandbits(128),
                score=score,
                probability=verdicts.judge_share,
                errored="judge_errors" in now.incidents,
            )
        )
    if verdicts.sample_share is not None:
        _draw_checks(Random(task.base + 2), task, verdicts.sample_share)
    if task.escalation:
        _draw_review(Random(task.base), task)
        _draw_pickup(Random(task.base + 1), task)
    if any(call.shield and call.shield[2] in STEPPED_IN for call in task.calls):
        _draw_alarm(Random(task.base + 3), task)


def _draw_checks(rng: Random, task: Task, share: float) -> None:
    """People check a drawn task without changing it, and a judge reads every one; drawn apart like the reviews.

    What would have been said otherwise is not.
    """
    task.judgements = [each for each in task.judgements if each.kind not in ("human", "judge")]
    if rng.random() < share:
        right = task.good if rng.random() < 0.97 else not task.good
        checked = Judgement(
            "check", around(rng, 40_000, 0.5), rng.getrandbits(128), score=float(right), probability=share
        )
        task.judgements.append(checked)
    passed = task.good if rng.random() < 0.94 else not task.good
    score = rng.choice((0.75, 1.0, 1.0)) if passed else rng.choice((0.0, 0.25))
    task.judgements.append(
        Judgement("judge", around(rng, 1300, 0.2), rng.getrandbits(128), score=score, probability=1.0)
    )


def _draw_review(rng: Random, task: Task) -> None:
    """Whether people say afterwards that the hand-over was needed; drawn apart, so that nothing else depends on it."""
    share = task.agent.verdicts.review_share
    if rng.random() < share:
        needed = rng.random() < (0.55 if task.good else 0.95)
        delay, event = around(rng, 2 * 86_400, 0.5), rng.getrandbits(128)
        task.judgements.append(Judgement("review", delay, event, score=float(needed), probability=share))


def _draw_pickup(rng: Random, task: Task) -> None:
    """When a person takes the hand-over, if ever and if anybody writes it down; drawn apart like the reviews."""
    minutes = task.agent.verdicts.pickup_minutes
    known = any(each.kind == "outcome" for each in task.judgements)
    if minutes is not None and known and rng.random() >= NEVER_TAKEN_SHARE:
        task.judgements.append(Judgement("pickup", around(rng, 60 * minutes, 0.8), rng.getrandbits(128)))


def _draw_alarm(rng: Random, task: Task) -> None:
    """Whether people say afterwards that the guardrail was right to step in; drawn apart like the reviews."""
    share = task.agent.verdicts.alarm_share
    if rng.random() < share:
        was_right = rng.random() < RIGHT_ALARM_SHARE
        delay, event = around(rng, 3 * 86_400, 0.4), rng.getrandbits(128)
        task.judgements.append(Judgement("alarm", delay, event, score=float(was_right), probability=share))


def _draw_outcome_events(rng: Random, task: Task) -> None:
    """The outcome event; some come days late, some twice, and a few are corrected by a later one."""
    verdicts = task.agent.verdicts
    delay = around(rng, verdicts.outcome_minutes * 60, 0.7)
    if rng.random() < verdicts.late_share:
        delay += rng.uniform(0.8, 6.5) * 86_400
    first = Judgement(
        "outcome",
        delay,
        rng.getrandbits(128),
        outcome=task.outcome,
        deliveries=2 if rng.random() < SECOND_DELIVERY_SHARE else 1,
    )
    task.judgements.append(first)
    if task.agent.daily is None and task.outcome in ("success", "failure") and rng.random() < CORRECTION_SHARE:
        other = "failure" if task.outcome == "success" else "success"
        task.judgements.append(
            Judgement(
                "outcome",
                delay + rng.uniform(1.0, 4.0) * 86_400,
                rng.getrandbits(128),
                outcome=other,
                supersedes=first.event,
            )
        )
