"""Two sides against each other: the split first, the same mix or the same jobs, words that hold at every look."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from metrics import stats
from metrics.catalogue import catalogue
from metrics.comparison import judge
from metrics.comparison.compare import compare_sides
from metrics.comparison.model import Arm, Comparison, KindOfTask, Side, Usual
from metrics.comparison.words import headline, record, why
from metrics.effects.model import word_of
from metrics.model import Access, QueryError
from tests.metrics.evidence import Evidence
from tests.metrics.support import DD_IDX, store_parts

START, END = date(2026, 10, 1), date(2026, 10, 29)
AT = datetime(2026, 10, 1, 9)


def arm(cells: dict[str, tuple[int, int]], name: str = "x", jobs: dict[str, list[int]] | None = None) -> Arm:
    """An arm of cells (n, k), whose jobs are one task each unless they are given."""
    made = {f"{name}{cell}{i}": [int(i < k)] for cell, (n, k) in cells.items() for i in range(n)}
    results = tuple((job, tuple(found)) for job, found in (made if jobs is None else jobs).items())
    kinds = tuple(KindOfTask(cell, n, n, k) for cell, (n, k) in cells.items())
    return Arm(Side(name, "agent", START, END), kinds, results, AT, AT + timedelta(days=27))


def test_kidney_stones_are_compared_on_their_common_mix() -> None:
    a = arm({"small": (87, 81), "large": (263, 192)}, "a")
    b = arm({"small": (270, 234), "large": (80, 55)}, "b")
    raw, mix = judge.raw_difference(a, b, 0.02), judge.mix_difference(a, b, 0.02)
    assert raw is not None
    assert mix is not None
    assert raw.amount == pytest.approx(289 / 350 - 273 / 350)
    assert mix.amount == pytest.approx(0.7789 - 0.8325, abs=1e-4)
    assert mix.limits.lo < mix.amount < mix.limits.hi


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ((1000, 700), (1000, 900), "improved"),
        ((1000, 900), (1000, 700), "worse"),
        ((100_000, 90_000), (100_000, 90_100), "no_material_change"),
        ((300, 255), (300, 264), "undetermined"),
        ((20_000, 17_000), (20_000, 17_500), "improved_size_unclear"),
        ((40, 20), (40, 40), "undetermined"),
    ],
)
def test_the_words_are_those_of_the_interval(a: tuple[int, int], b: tuple[int, int], words: str) -> None:
    found = judge.raw_difference(arm({"": a}), arm({"": b}), 0.02)
    assert found is not None
    assert word_of(found, 0.02) == words
    assert words == stats.change_verdict_anytime(a[1], a[0], b[1], b[0], 0.02).verdict


def test_a_wrong_split_blocks_and_none_declared_is_not_applicable() -> None:
    a, b = arm({"": (1000, 900)}), arm({"": (800, 790)})
    wrong = judge.check_split(a, b, 0.5)
    assert (wrong.applies, wrong.blocks) == (True, True)
    assert wrong.p == pytest.approx(stats.sample_ratio_mismatch([1000, 800], [0.5, 0.5]).p)
    assert not judge.check_split(a, arm({"": (1010, 900)}), 0.5).blocks
    assert not judge.check_split(a, b, None).applies


def test_what_is_needed_is_enough_when_it_is_there() -> None:
    a, b = arm({"": (300, 255)}), arm({"": (300, 264)})
    found = judge.raw_difference(a, b, 0.02)
    assert found is not None
    needed = found.needed
    assert needed is not None
    then = judge.raw_difference(
        arm({"": (needed, round(0.85 * needed))}), arm({"": (needed, round(0.88 * needed))}), 0.02
    )
    assert (word_of(found, 0.02), word_of(then, 0.02)) == ("undetermined", "improved_size_unclear")


def test_the_same_jobs_on_both_sides_count_once_each_however_often_they_were_tried() -> None:
    once_a = {f"j{i}": [int(i < 25)] for i in range(60)}
    once_b = {f"j{i}": [int(i < 45)] for i in range(60)}
    often = [{job: tries * 20 for job, tries in jobs.items()} for jobs in (once_a, once_b)]
    widths = []
    for first, second in ((once_a, once_b), often):
        found = judge.job_difference(arm({"": (60, 25)}, jobs=first), arm({"": (60, 45)}, jobs=second), 0.02)
        assert found is not None
        assert found.amount == pytest.approx(20 / 60)
        widths.append(found.limits.hi - found.limits.lo)
    assert widths[0] == pytest.approx(widths[1])


def test_the_evidence_of_jobs_is_at_most_one_on_average_where_neither_side_is_better() -> None:
    chance, total, rounds = random.Random(7), 0.0, 400
    for _ in range(rounds):
        a, b = ({f"j{i}": [int(chance.random() < 0.6)] for i in range(40)} for _ in range(2))
        found = judge.evidence(arm({"": (40, 20)}, jobs=a), arm({"": (40, 20)}, jobs=b))
        total += found.e_value if found else 1.0
    assert total / rounds < 1.15


def test_the_evidence_of_unlike_jobs_is_the_e_process_of_their_tasks_in_order() -> None:
    a, b = arm({"": (300, 210)}, "a"), arm({"": (300, 270)}, "b")
    found = judge.evidence(a, b)
    assert found is not None
    assert found.unit == "pairs of tasks"
    assert found.e_value == stats.e_process_two_proportions([1] * 210 + [0] * 90, [1] * 270 + [0] * 30).e_final


class Sides(Evidence):
    """Tasks of two versions."""

    def tasks(self, version: str, n: int, good: int, start: datetime, kind: str = "usual", **more: Any) -> None:
        for number in range(n):
            at = start + timedelta(minutes=30 * number)
            self.add(
                "tasks",
                {"task_id": f"{version}{kind}{number}", "agent_id": "a", "agent_version": version, "task_type": kind,
                 "environment": "prod", "day": at.date(), "started_at": at, "mature": True, "status_source": "verdict",
                 "status": "success" if number % n < good else "failed", "model_calls": 0, **more},
            )  # fmt: skip

    def against(self, **more: Any) -> Comparison:
        """Version 2 against version 1."""
        self.write()
        one, two = (Side(f"version {v}", "a", START, END, v) for v in "12")
        return compare_sides(self, Access.everything(), one, two, "versions", **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return Sides(tmp_path_factory.mktemp("sides")).con


@pytest.fixture
def sides(empty: duckdb.DuckDBPyConnection) -> Sides:
    found = Sides.__new__(Sides)
    found.over(empty)
    for table in ("tasks", "agents", "changes"):
        empty.execute(f"DELETE FROM {table}")
    found.add("agents", {"agent_id": "a", "agent_name": "A"})
    return found


def test_versions_after_each_other_are_before_and_after_on_the_same_mix(sides: Sides) -> None:
    for version, start in (("1", AT), ("2", AT + timedelta(days=14))):
        sides.tasks(version, 200, 180 if version == "1" else 120, start)
        sides.tasks(version, 100, 90 if version == "1" else 60, start, kind="rare")
    found = sides.against()
    assert (found.grade, found.verdict, found.decisive and found.decisive.basis) == ("C", "worse", "mix")
    assert "worse" in headline(found)
    assert record(found)["a"]["from"] == "2026-10-01"


def test_overlapping_versions_and_other_changes_are_said(sides: Sides) -> None:
    sides.tasks("1", 300, 200, AT)
    sides.tasks("2", 300, 200, AT + timedelta(hours=1))
    sides.add("changes", {"change_id": "c", "agent_id": "a", "changed_at": AT + timedelta(days=2), "kind": "guardrail"})
    found = sides.against()
    assert any("at the same time" in note for note in found.notes)
    assert any("Not separable" in note and "guardrail on 3 Oct" in note for note in found.notes)
    assert (found.grade, found.split.applies) == ("D", False)
    assert sides.against(share_of_b=0.5).grade == "A"
    assert sides.against(share_of_b=0.1).verdict == "blocked"


def test_too_few_tasks_are_undetermined_with_the_number_needed(sides: Sides) -> None:
    sides.tasks("1", 40, 30, AT)
    sides.tasks("2", 40, 32, AT + timedelta(days=7))
    found = sides.against()
    assert found.verdict == "undetermined"
    assert found.needed_per_side is not None
    assert any("A has too few: 40" in note for note in found.notes)
    assert "tasks a side are needed" in why(found)


def test_an_e_value_proves_a_difference_that_is_too_small_a_sample_for_the_interval(sides: Sides) -> None:
    sides.tasks("1", 40, 4, AT)
    sides.tasks("2", 40, 38, AT + timedelta(days=7))
    found = sides.against()
    assert found.decisive is not None
    assert found.evidence is not None
    assert (word_of(found.decisive, found.rope), found.verdict) == ("undetermined", "improved_size_unclear")
    assert found.evidence.p <= 0.05


def test_a_side_without_any_answer_cannot_be_compared(sides: Sides) -> None:
    sides.tasks("1", 60, 30, AT)
    found = sides.against()
    assert (found.verdict, found.decisive, found.evidence) == ("undetermined", None, None)
    assert "cannot be compared" in headline(found)


def test_a_viewer_compares_only_agents_that_he_may_see(sides: Sides) -> None:
    side = Side("x", "a", START, END)
    with pytest.raises(QueryError, match="no agent 'a'"):
        compare_sides(sides, Access.only("b"), side, side, "periods")  # type: ignore[arg-type]


def test_success_of_a_side_is_the_success_rate_of_the_card(demo_home: Path) -> None:
    from metrics.model import Query
    from metrics.run import default_period, run
    from sql.published import open_published

    published = open_published(demo_home)
    start, end = default_period(published)
    agent = "invoice_processor-A1b2C3d4E5"
    before, after = Side("b", agent, start - timedelta(days=28), start), Side("a", agent, start, end)
    found = compare_sides(published, Access.everything(), before, after, "periods")
    (value,) = run(published, "success_rate", Query(start, end, agents=(agent,)), Access.everything())
    assert (found.b.k, found.b.n) == (value.numerator, value.denominator)
    published.close()


def usual_arm(x: np.ndarray, y: np.ndarray) -> Arm:
    """An arm of answers y with what was usual before, x."""
    n = len(y)
    usual = Usual(n, float(x.sum()), float((x * x).sum()), float((x * y).sum()), float(y.sum()))
    return replace(arm({"": (n, int(y.sum()))}, jobs={}), usual=usual)


def split_work(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Tasks of users who differ: how often each was right before, and whether the task was right."""
    x = rng.choice([0.3, 0.95], n)
    return x, (rng.random(n) < x).astype(float)


def test_what_was_usual_before_makes_a_random_split_surer_and_never_wrong_at_any_look() -> None:
    rng, missed, rounds, widths = np.random.default_rng(4), 0, 200, []
    looks = np.unique(np.geomspace(50, 2000, 30).astype(int))
    for _ in range(rounds):
        one, two = (split_work(rng, 2000) for _ in range(2))
        wrong = False
        for n in looks:
            a, b = (usual_arm(x[:n], y[:n]) for x, y in (one, two))
            found = judge.usual_difference(a, b, 0.02)
            assert found is not None
            wrong |= found.enough and not found.limits.lo <= 0 <= found.limits.hi
        missed += wrong
        raw = judge.raw_difference(a, b, 0.02)
        assert raw is not None
        widths.append((found.limits.hi - found.limits.lo) / (raw.limits.hi - raw.limits.lo))
        surer = judge.surer_by(a, b)
        assert surer is not None
        assert widths[-1] == pytest.approx(math.sqrt(stats.cuped_variance(math.sqrt(surer), 1.0)["var_adj"]), rel=0.05)
    assert missed <= 0.05 * rounds + 4 * math.sqrt(0.05 * 0.95 * rounds)
    assert np.mean(widths) < 0.8


def test_users_who_were_unlike_before_are_taken_out_of_the_difference() -> None:
    rng = np.random.default_rng(8)
    x, y = np.repeat([0.3, 0.95], [1200, 800]), rng.random(2000)
    z = np.repeat([0.3, 0.95], [800, 1200])
    a, b = usual_arm(x, (y < x).astype(float)), usual_arm(z, (y < z).astype(float))
    raw, found = judge.raw_difference(a, b, 0.02), judge.usual_difference(a, b, 0.02)
    assert raw is not None
    assert found is not None
    assert raw.amount == pytest.approx(0.13, abs=0.03)
    assert found.amount == pytest.approx(0.0, abs=0.03)


def test_a_split_is_read_with_what_was_usual_of_its_users_before(sides: Sides) -> None:
    users = [f"u{number}" for number in range(20)]
    for number, user in enumerate(users):
        sides.tasks("0", 10, 10 if number % 2 else 2, AT - timedelta(days=20), end_user_hash=user, kind=f"k{number}")
    for version in "12":
        for number, user in enumerate(users):
            sides.tasks(version, 30, 30 if number % 2 else 6, AT, end_user_hash=user, kind=f"{version}{number}")
    plain, split = sides.against(), sides.against(share_of_b=0.5)
    assert plain.decisive is not None
    assert plain.decisive.basis == "raw"
    assert split.decisive is not None
    assert (split.decisive.basis, split.grade) == ("cuped", "A")
    assert any("of the variance out" in note for note in split.notes)
    widths = [each.decisive.limits.hi - each.decisive.limits.lo for each in (plain, split) if each.decisive]
    assert widths[1] < 0.6 * widths[0]
    assert record(split)["differences"][0]["basis"] == "cuped"


def test_without_anything_before_a_split_is_read_as_it_is(sides: Sides) -> None:
    for version in "12":
        sides.tasks(version, 200, 150, AT)
    split = sides.against(share_of_b=0.5)
    assert split.decisive is not None
    assert (split.decisive.basis, split.grade) == ("raw", "A")


def test_cost_and_time_beside_have_limits_that_hold_at_every_look(sides: Sides) -> None:
    rng = np.random.default_rng(6)
    for version, usd, start in (("1", 0.04, AT), ("2", 0.07, AT + timedelta(days=12))):
        for number in range(400):
            cost, took = usd * math.exp(rng.normal(0, 0.4)), 9000 * math.exp(rng.normal(0, 0.5))
            more = {"cost_usd": round(cost, 6), "duration_ms": took, "model_calls": 1, "priced_calls": 1}
            at = start + timedelta(minutes=40 * number)
            sides.tasks(version, 1, 1, at, kind=f"{number}", **more, ended_at=at)
    sides.run(DD_IDX.replace("CREATE", "CREATE OR REPLACE"), "DELETE FROM kpi_daily; DELETE FROM latency_buckets",
              "UPDATE tasks SET task_type = 'usual'")  # fmt: skip
    for kpi in ("cost_per_task", "task_latency"):
        store_parts(sides.con, catalogue()[kpi])
    compared = sides.against()
    found = {each.label: each for each in compared.beside}
    cost = found["Cost per task"]
    assert cost.move is not None
    assert (cost.word, cost.unit, cost.once) == ("worse", "relative", None)
    assert cost.move.limits.lo < 0.75 < cost.move.limits.hi
    for label in ("Median time", "p95 time"):
        move = found[label].move
        assert move is not None
        assert move.limits.lo < 0 < move.limits.hi
        assert found[label].word == "cannot_tell"
    assert (found["Success"].move, found["Success"].why) == (None, "A side has no value.")
    beside = {each["label"]: each for each in record(compared)["beside"]}
    assert (beside["Cost per task"]["scale"], beside["Cost per task"]["at_every_look"]) == ("relative", True)
