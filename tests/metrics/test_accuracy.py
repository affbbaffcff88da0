"""Which estimate of accuracy is used: results of record, people's labels with a judge, or labels alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from metrics import stats
from metrics.explain import explain
from metrics.model import Access, Query, Value
from metrics.run import run
from metrics.units import THIN
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()
WEEK = Query(START, END)
# Of 150 tasks that people and the judge saw: both right, only the person, only the judge, neither.
CELLS = (118, 9, 5, 18)
ELSEWHERE = (1080, 270)


def add(ledger: Ledger, times: int, right: float | None, passed: bool | None, **fields: Any) -> None:
    """So many tasks, each with a person's and a judge's word on it; None is no word."""
    told = {"pi": 0.1, "judge_pi": 1.0, "judge": "nova", "rubric": "right", "source": "human", "day": DAY} | fields
    first = ledger.added
    ledger.added += times
    ledger.con.execute(
        """INSERT INTO tasks BY NAME SELECT 'a' || i AS task_id, 'refunds' AS agent_id, 'prod' AS environment,
               $day::DATE AS day, true AS mature, false AS escalated, 'success' AS status,
               $right::DOUBLE AS truth_score,
               CASE WHEN $right IS NOT NULL THEN 1 / $pi::DOUBLE END AS truth_weight,
               CASE WHEN $right IS NOT NULL THEN $source END AS truth_source
           FROM range($first, $until) AS tasks (i)""",
        {"day": told["day"], "right": right, "pi": told["pi"], "source": told["source"], "first": first,
         "until": ledger.added},
    )  # fmt: skip
    if passed is not None:
        ledger.con.execute(
            """INSERT INTO labels BY NAME SELECT 'a' || i AS task_id, 'judge' AS kind, $rubric AS rubric,
                   $judge AS judge,
                   $passed::DOUBLE AS good, $passed::DOUBLE AS score, $judge_pi::DOUBLE AS inclusion_probability
               FROM range($first, $until) AS labels (i)""",
            {"rubric": told["rubric"], "judge": told["judge"], "passed": passed, "judge_pi": told["judge_pi"],
             "first": first, "until": ledger.added},
        )  # fmt: skip


def judged(cells: tuple[int, int, int, int] = CELLS, elsewhere: tuple[int, int] = ELSEWHERE, **fields: Any) -> Ledger:
    """A ledger of tasks of which a tenth were checked by people and all by a judge."""
    ledger = Ledger()
    for times, right, passed in zip(cells, (1.0, 1.0, 0.0, 0.0), (True, False, True, False), strict=True):
        add(ledger, times, right, passed, **fields)
    for times, passed in zip(elsewhere, (True, False), strict=True):
        add(ledger, times, None, passed, **fields)
    return ledger


def values(ledger: Ledger, query: Query = WEEK) -> dict[str, Value]:
    """The values by slice."""
    return {value.slice: value for value in run(ledger.build("accuracy", "task_volume"), "accuracy", query, ALL)}


def method(ledger: Ledger) -> str:
    """What the drawer says of how the number was made."""
    return explain(ledger, "accuracy", WEEK, ALL).method.replace(THIN, " ")


def test_a_judge_makes_accuracy_surer_than_the_labels_alone() -> None:
    ledger = judged()
    found, expected = values(ledger), stats.ppi_smoothed_effective_wilson(*CELLS, *ELSEWHERE)
    assert found[""].value == pytest.approx(expected.point)
    assert (found[""].low, found[""].high) == pytest.approx((expected.lo, expected.hi))
    assert (found[""].numerator, found[""].denominator) == pytest.approx((1500 * expected.point, 1500))
    assert (found[""].n, found[""].state, found[""].coverage) == (150, "ok", 0.1)
    alone = found["labels"]
    assert (alone.value, (alone.low, alone.high)) == (pytest.approx(127 / 150), pytest.approx(stats.wilson(127, 150)))
    assert (found[""].high or 0) - (found[""].low or 0) < (alone.high or 0) - (alone.low or 0)
    assert found["with_judge"].value == found[""].value
    told = method(ledger)
    assert told.startswith(
        "prediction-powered: labels with the judge's verdicts on the other tasks (150 labels and 1 350"
    )
    assert f"worth {round(expected.n_eff)} labels, without the judge 150" in told


def test_the_estimate_through_the_judges_errors_stands_beside_it() -> None:
    found = values(judged())["through_judge_errors"]
    expected = stats.judge_corrected_accuracy(0.8, 18 / 23, 118 / 127, 1350, 23, 127)
    assert (found.value, found.low, found.high) == pytest.approx(expected)


def test_over_days_and_versions_the_parts_add_up_to_the_same_estimate() -> None:
    ledger = Ledger()
    halves = [(60, 4, 3, 9), (58, 5, 2, 9)]
    for place, cells in enumerate(halves):
        for times, right, passed in zip(cells, (1.0, 1.0, 0.0, 0.0), (True, False, True, False), strict=True):
            add(ledger, times, right, passed, day=DAY + timedelta(days=place))
        for times, passed in zip((540, 135), (True, False), strict=True):
            add(ledger, times, None, passed, day=DAY + timedelta(days=place))
    whole, once = values(ledger)[""], values(judged())[""]
    assert (whole.value, whole.low, whole.high, whole.n) == pytest.approx((once.value, once.low, once.high, once.n))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ((70, 9, 5, 15), "only 99 labels have the judge's verdict too; 100 are needed"),
        ((136, 5, 4, 5), "people called only 9 of one result; 10 are needed"),
        ((4, 5, 36, 105), "people called only 9 of one result; 10 are needed"),
    ],
)
def test_below_the_rule_labels_alone_count(cells: tuple[int, int, int, int], said: str) -> None:
    ledger = judged(cells, (9 * sum(cells) * 4 // 5, 9 * sum(cells) // 5))
    found, n = values(ledger), sum(cells)
    assert set(found) == {""}
    assert (found[""].value, found[""].n) == (pytest.approx((cells[0] + cells[1]) / n), n)
    assert method(ledger).startswith(f"weighted labels; no judge is used: {said}. Wilson")


def test_a_judge_that_changed_within_the_period_is_no_longer_the_same() -> None:
    ledger = judged()
    add(ledger, 5, None, True, judge="nova 2")
    assert set(values(ledger)) == {""}
    assert "no judge is used: the judge of right changed within the period" in method(ledger)


def test_another_judge_of_another_rubric_changes_nothing() -> None:
    ledger = judged()
    before = values(ledger)[""]
    ledger.con.execute("DELETE FROM kpi_daily")
    ledger.con.execute(
        "INSERT INTO labels BY NAME SELECT * REPLACE ('tone' AS rubric, 'other' AS judge) FROM labels LIMIT 40"
    )
    assert values(ledger)[""] == before


def test_verdicts_on_tasks_that_were_chosen_do_not_count() -> None:
    assert set(values(judged(judge_pi=None))) == {""}


def test_labels_of_people_that_were_chosen_do_not_count_at_all() -> None:
    ledger = judged(pi=None)
    found = values(ledger)[""]
    assert (found.value, found.n, found.state) == (None, 0, "unknown")


def test_a_judge_of_part_of_the_work_says_nothing_of_the_rest() -> None:
    ledger = judged()
    add(ledger, 3000, None, None)
    assert set(values(ledger)) == {""}
    assert "it was drawn from about 1 500 of 4 500 tasks" in method(ledger)


def test_results_of_record_come_first_and_leave_only_the_rest_to_the_judge() -> None:
    ledger = judged()
    add(ledger, 1350, 1.0, None, pi=1.0, source="outcome")
    add(ledger, 150, 0.0, None, pi=1.0, source="outcome")
    found, rest = values(ledger)[""], stats.ppi_smoothed_effective_wilson(*CELLS, *ELSEWHERE)
    assert found.value == pytest.approx((1350 + 1500 * rest.point) / 3000)
    recorded = 1350.5 / 1501
    variance = 0.25 * rest.se**2 + 0.25 * recorded * (1 - recorded) / 1500
    worth = (found.value or 0) * (1 - (found.value or 0)) / variance
    assert (found.low, found.high) == pytest.approx(stats.wilson((found.value or 0) * worth, worth))
    assert found.n == 1650


def test_with_a_result_of_record_for_every_task_nothing_is_estimated() -> None:
    ledger = Ledger()
    add(ledger, 90, 1.0, True, pi=1.0, source="outcome")
    add(ledger, 10, 0.0, True, pi=1.0, source="outcome")
    found = values(ledger)
    assert set(found) == {""}
    assert (found[""].value, found[""].low, found[""].high) == pytest.approx((0.9, *(stats.wilson(90, 100) or ())))
    assert method(ledger).startswith("results of record. Wilson")


def test_a_judge_that_behaves_differently_elsewhere_is_not_believed() -> None:
    ledger = judged((60, 30, 0, 60), (20, 1330))
    found = values(ledger)
    assert found[""].value == found["labels"].value == pytest.approx(0.6)
    assert "the judge behaves differently on tasks that people checked and on the others" in method(ledger)


def test_a_judge_that_saw_few_of_the_labels_adds_nothing() -> None:
    ledger = judged(judge_pi=0.5)
    add(ledger, 127, 1.0, None)
    add(ledger, 23, 0.0, None)
    add(ledger, 1350, None, None)
    found = values(ledger)
    assert found[""].value == found["labels"].value
    assert "the judge adds nothing: of 300 labels it saw 150" in method(ledger)


def test_one_answer_that_stands_for_many_decides_nothing() -> None:
    ledger = Ledger()
    add(ledger, 39, 1.0, None, pi=1.0)
    add(ledger, 1, 0.0, None, pi=0.04)
    found = values(ledger)[""]
    assert found.value == pytest.approx(39 / 64)
    assert (found.state, found.missing) == (
        "low_n",
        "40 checked answers of unequal weight, worth 6 of equal weight; need 30 to judge.",
    )


def test_unequal_chances_count_by_what_they_are_worth() -> None:
    ledger = judged(pi=0.1)
    add(ledger, 20, 1.0, True, pi=0.05)
    table, more = values(ledger)["with_judge"], 170
    weights, squares = 150 * 10 + 20 * 20, 150 * 100 + 20 * 400
    scale = weights / squares
    cells = ((1180 + 400) * scale, 90 * scale, 50 * scale, 180 * scale)
    expected = stats.ppi_smoothed_effective_wilson(*cells, *ELSEWHERE)
    assert table.value == pytest.approx(expected.point)
    assert sum(cells) < more
