"""From daily parts to streams: a limit for each kind of task, shared cases watched once, sums beside their weekdays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from metrics.insights.baseline import Baseline, baseline_of
from metrics.insights.gather import ENOUGH_FOR_A_LIMIT
from metrics.insights.model import Budget, Gate, Segment
from metrics.insights.streams import BASE_DAYS, Stream
from metrics.insights.watch import budget_of, directions, episodes, settled
from tests.metrics.insight_streams import FIRST, ledger, streams_in
from tests.metrics.support import Ledger

LONGEST = 112
BUDGET = budget_of(320)


def read(found: Ledger, kpi: str, days: int) -> Stream:
    """The one stream of a KPI over so many days from FIRST on."""
    (stream,) = (each for each in streams_in(found, days) if each.kpi == kpi and each.measure != "coverage")
    return stream


def alarms(stream: Stream, budget: Budget = BUDGET) -> list[tuple[str, int]]:
    """Direction and day of every alarm."""
    base = baseline_of(stream)
    assert isinstance(base, Baseline)
    kept = settled(stream, base)
    return [
        (way, each.alarm)
        for way in directions(kept)
        for each in episodes(kept, base, way, budget)
        if each.alarmed
    ]  # fmt: skip


def durations(found: Ledger, day: int, kind: str, bucket: int, n: int) -> None:
    """So many durations of a kind of task in one bucket on a day."""
    common = {"kpi": "model_latency", "agent_id": "refunds", "slice": "", "environment": "prod"}
    at = FIRST + timedelta(days=day)
    found.insert("latency_buckets", [{**common, "day": at, "task_type": kind, "bucket": bucket, "n": n}])


def test_a_kind_of_task_with_enough_cases_has_its_own_limit_and_a_rare_one_that_of_all() -> None:
    found = ledger()
    for kind, bucket, n in (("quick", 100, 95), ("quick", 110, 5), ("slow", 300, 95), ("slow", 310, 5)):
        durations(found, 0, kind, bucket, n)
    durations(found, 0, "rare", 120, ENOUGH_FOR_A_LIMIT - 1)
    durations(found, 40, "quick", 101, 7)  # above what is usual for quick work, far below what is for slow work
    durations(found, 40, "rare", 120, 3)
    durations(found, 40, "slow", 300, 9)
    stream = read(found, "model_latency", 41)
    by_kind = {part.segment.value: part for part in stream.parts}
    assert {kind: (part.s[40], part.n[40]) for kind, part in by_kind.items()} == {
        "quick": (7, 7), "rare": (0, 3), "slow": (0, 9)}  # fmt: skip
    assert (stream.whole.s[40], stream.whole.n[40]) == (7, 19)
    assert (stream.whole.s[0], stream.whole.n[0]) == (10, 200 + ENOUGH_FOR_A_LIMIT - 1)
    assert by_kind["rare"].threshold == stream.whole.threshold
    limits = [by_kind[kind].threshold or 0.0 for kind in ("quick", "slow")]
    assert limits[0] < (stream.whole.threshold or 0.0) <= limits[1]


def test_a_limit_is_told_from_the_first_days_alone() -> None:
    found = ledger()
    durations(found, 0, "quick", 100, 100)
    durations(found, BASE_DAYS, "quick", 200, 100)
    stream = read(found, "model_latency", BASE_DAYS + 1)
    assert (stream.whole.s[0], stream.whole.s[BASE_DAYS]) == (0, 100)


def test_a_task_is_dear_beside_its_own_kind() -> None:
    found = ledger()
    for kind, usd in (("quick", 0.10), ("slow", 1.00)):
        found.add("tasks", {"task_type": kind, "cost_usd": usd, "day": FIRST, "cost_state": "priced"}, times=60)
        dear = {"task_type": kind, "cost_usd": 0.5, "day": FIRST + timedelta(days=30), "cost_state": "priced"}
        found.add("tasks", dear, times=4)
    cost = read(found, "cost_per_task", 31)
    assert (cost.whole.s[30], cost.whole.n[30]) == (4, 8)
    assert {part.segment.value: part.s[30] for part in cost.parts} == {"quick": 4, "slow": 0}


def test_calls_that_were_throttled_are_a_part_of_those_that_failed() -> None:
    found = ledger()
    for failed, throttled, times in ((False, False, 6), (True, False, 1), (True, True, 3)):
        found.add("model_calls", {"day": FIRST, "is_error": failed, "throttled": throttled}, times=times)
    stream = read(found.build("error_rate", "throttle_rate"), "error_rate", 1)
    assert (stream.whole.s[0], stream.whole.n[0]) == (4, 10)
    (part,) = (each for each in stream.parts if each.segment == Segment("kind", "throttled"))
    assert (part.s[0], part.n[0]) == (3, 10)


def test_judges_agree_where_both_say_the_same() -> None:
    found = ledger()
    for place, (person, judge) in enumerate([(1.0, 1.0)] * 5 + [(1.0, 0.0)] * 2 + [(0.0, 0.0)] * 3):
        found.insert("tasks", [{"task_id": f"t{place}", "agent_id": "refunds", "day": FIRST, "mature": True}])
        common = {"task_id": f"t{place}", "rubric": "right", "agent_id": "refunds"}
        found.insert(
            "labels", [{**common, "kind": "human", "score": person}, {**common, "kind": "judge", "good": judge}]
        )
    stream = read(found.build("judge_agreement"), "judge_agreement", 1)
    assert (stream.whole.s[0], stream.whole.n[0]) == (8, 10)


def test_an_agent_is_too_sure_by_what_its_confidence_has_beyond_being_right() -> None:
    found = ledger()
    for right, times in ((1.0, 6), (0.0, 4)):
        truth = {"truth_score": right, "truth_weight": 1.0, "confidence": 0.9, "day": FIRST}
        found.add("tasks", truth, times=times)
    stream = read(found.build("calibration"), "calibration", 1)
    assert 2 * stream.whole.s[0] / stream.whole.n[0] - 1 == pytest.approx(0.9 - 0.6)
    assert directions(stream) == ("up",)


def test_complaints_are_so_many_of_all_tasks() -> None:
    found = ledger()
    for place in range(10):
        found.insert("tasks", [{"task_id": f"t{place}", "agent_id": "refunds", "day": FIRST}])
    found.insert("labels", [{"task_id": "t1", "kind": "human", "rubric": "right", "score": 0.0}])
    stream = read(found.build("reported_problems"), "reported_problems", 1)
    assert (stream.measure, stream.whole.s[0], stream.whole.n[0]) == ("rate", 1, 10)


def test_reviewed_hand_overs_were_needed_or_not() -> None:
    found = ledger()
    for place, needed in enumerate((1.0, 1.0, 0.0)):
        task = {"task_id": f"t{place}", "agent_id": "refunds", "day": FIRST, "mature": True, "escalated": True}
        found.insert("tasks", [task])
        label = {"task_id": f"t{place}", "kind": "human", "rubric": "escalation.needed", "score": needed}
        found.insert("labels", [label])
    stream = read(found.build("escalation_precision"), "escalation_precision", 1)
    assert (stream.whole.s[0], stream.whole.n[0]) == (2, 3)


def sums(kpi: str, amounts: Mapping[str, Sequence[float]], covered: Callable[[int], int] = lambda day: 1) -> Ledger:
    """A day's sums of a KPI by agent; a day with nothing has no row, as in a published file."""
    rows = [
        {
            "kpi": kpi,
            "agent_id": agent,
            "day": FIRST + timedelta(days=day),
            "numerator": amount,
            "covered": covered(day),
        }
        for agent, days in amounts.items()
        for day, amount in enumerate(days)
        if amount or day == len(days) - 1
    ]
    found = ledger()
    found.con.register("made", pa.Table.from_pylist(rows))
    found.con.execute("""INSERT INTO kpi_daily BY NAME
        SELECT *, '' AS slice, 'prod' AS environment, 1 AS n, 1 AS eligible FROM made""")
    return found


def of_days(kpi: str, amounts: Sequence[float], unread: Sequence[int] = ()) -> Stream:
    """The stream of a KPI with these sums a day, of which some were not read."""
    found = sums(kpi, {"refunds": amounts})
    for day in unread:
        begin = datetime.combine(FIRST + timedelta(days=day), datetime.min.time())
        found.insert("gaps", [{"source": "span_logs", "from_at": begin, "to_at": begin + timedelta(hours=3)}])
    return read(found, kpi, len(amounts))


WEEK = [44.0, 38.0, 41.0, 37.0, 42.0, 5.0, 0.0]


def weeks(scale: float, days: int, seed: int = 5) -> list[float]:
    """Counts of a week with a quiet weekend."""
    draw = np.random.default_rng(seed)
    return [float(draw.poisson(scale * WEEK[day % 7])) for day in range(days)]


def test_twice_the_work_is_noticed_beside_its_weekdays_and_so_is_half() -> None:
    for scale, way in ((2.0, "up"), (0.4, "down")):
        stream = of_days("task_volume", [*weeks(1, 56), *weeks(scale, 21, seed=6)])
        ((direction, alarm),) = alarms(stream)
        assert direction == way
        assert 4 <= alarm - 56 + 1 <= 12  # no sooner than four days
    assert alarms(of_days("task_volume", weeks(1, 84))) == []


def test_a_day_off_and_one_freak_day_are_no_alarm() -> None:
    amounts = weeks(1, 84)
    amounts[42] = amounts[43] = 0.0
    amounts[63] *= 12
    assert alarms(of_days("task_volume", amounts)) == []


def test_a_day_without_work_is_none_unless_it_was_not_read() -> None:
    stopped = [*weeks(1, 56), *[0.0] * 14]
    assert [way for way, _ in alarms(of_days("task_volume", stopped))] == ["down"]
    assert alarms(of_days("task_volume", stopped, unread=tuple(range(56, 70)))) == []


def test_money_that_is_not_known_for_too_many_calls_is_no_fall_of_the_spend() -> None:
    amounts = [*weeks(1, 56), *(0.1 * amount for amount in weeks(1, 14))]
    assert [way for way, _ in alarms(of_days("spend", amounts))] == ["down"]
    found = sums("spend", {"refunds": amounts}, covered=lambda day: int(day < 56))
    assert alarms(read(found, "spend", 70)) == []


def test_an_agent_with_little_to_do_is_held_back_with_what_is_needed() -> None:
    base = baseline_of(of_days("task_volume", [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0] * 8))
    assert isinstance(base, Gate)
    assert (base.name, base.need) == ("cases before", "30")


def test_a_sum_below_nothing_is_not_watched() -> None:
    base = baseline_of(of_days("spend", [*[4.0] * 40, -1.0, *[4.0] * 10]))
    assert isinstance(base, Gate)
    assert base.name == "sums of 0 or more"


def bunches(draw: np.random.Generator, mean: float, days: int) -> list[float]:
    """Counts whose days vary five times as much as by chance alone."""
    means = [mean * share / np.mean(WEEK) for share in WEEK]
    return [float(draw.negative_binomial(means[day % 7] / 4, 0.2)) if means[day % 7] else 0.0 for day in range(days)]


def money(draw: np.random.Generator, mean: float, days: int) -> list[float]:
    """What tasks cost a day where few are very dear."""
    return [float(draw.lognormal(-1, 1.6, draw.poisson(mean)).sum()) for _ in range(days)]


Made = Callable[[np.random.Generator, float, int], list[float]]


@pytest.mark.parametrize(("kpi", "made"), [("task_volume", bunches), ("spend", money)])
def test_a_quiet_quarter_of_sums_stays_inside_the_budget(kpi: str, made: Made) -> None:
    """Half as many streams as the budget is for may use half of it, wildly as these sums vary."""
    draw = np.random.default_rng(17)
    agents = {f"agent-{place}": made(draw, float(draw.choice([20, 80, 300])), LONGEST) for place in range(80)}
    raised = watched = 0
    for stream in streams_in(sums(kpi, agents), LONGEST):
        watched += 2
        raised += len(alarms(stream))
    assert watched == 160
    assert raised <= BUDGET.false_alarms / 2


def quiet_durations(seed: int, agents: int, days: int) -> Ledger:
    """Calls of three kinds of task whose durations stay as they are: two of a task, long or short together."""
    draw = np.random.default_rng(seed)
    made: list[tuple[str, date, str, int]] = []
    for agent in range(agents):
        rate = draw.uniform(5, 60)
        kinds = {"a": (0.6, 1000.0), "b": (0.3, 1000 * draw.uniform(0.3, 3)), "c": (0.1, 1000 * draw.uniform(0.2, 5))}
        for day in range(days):
            for kind, (share, usual) in kinds.items():
                tasks = draw.poisson(rate * share * (0.2 if day % 7 > 4 else 1.0))
                took = usual * np.exp(draw.normal(0, 0.3, (tasks, 1)) + draw.normal(0, 0.4, (tasks, 2)))
                buckets = np.ceil(np.log(took) / np.log(1.01 / 0.99)).astype(int).ravel()
                made += [(f"agent-{agent}", FIRST + timedelta(days=day), kind, int(each)) for each in buckets]
    found = ledger()
    names = ("agent_id", "day", "task_type", "bucket")
    found.con.register("made", pa.table(dict(zip(names, zip(*made, strict=True), strict=True))))
    found.con.execute("""INSERT INTO latency_buckets BY NAME SELECT 'model_latency' AS kpi, agent_id, day, task_type,
        '' AS slice, 'prod' AS environment, bucket, count(*) AS n FROM made GROUP BY ALL""")
    return found


def test_a_quiet_quarter_of_durations_stays_inside_the_budget_although_each_kind_has_its_own_limit() -> None:
    raised = watched = 0
    for seed in range(3):
        made = quiet_durations(seed, 54, LONGEST)
        for stream in streams_in(made, LONGEST):
            watched += 2
            raised += len(alarms(Stream(**{**stream.__dict__, "cluster": 2.0})))
    assert watched >= 320
    assert raised <= BUDGET.false_alarms
