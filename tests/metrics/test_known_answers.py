"""Every statistic against its known answers: one test a vector of checks.json, or of the file in KNOWN_ANSWERS."""

from __future__ import annotations

import inspect
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from metrics import stats

# Names in the checks that are words of the language here.
RENAMED = {"min": "smallest", "max": "greatest", "pass": "pass_k", "lambda": "lam"}
# Inputs that only explain the expected numbers.
EXPLAINING = {"rank_rule", "run_length_def", "cell_meaning"}
# Results that only explain others.
NOTES = {"key_0", "key_t", "classical_point_note"}


def checks_file() -> Path:
    """The file with the vectors, which may be absent where only the product is checked out."""
    shared = Path(os.environ.get("LEDGER_SHARED") or Path(__file__).parents[2].parent / "shared")
    return Path(os.environ.get("KNOWN_ANSWERS") or shared / "kpis" / "checks.json")


def vectors() -> list[dict[str, Any]]:
    file = checks_file()
    if not file.exists():
        return []
    content = json.loads(file.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["checks"] if isinstance(content, dict) else content
    return found


VECTORS = vectors()
BY_ID = {each["id"]: each for each in VECTORS}


def arguments(vector: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a vector; `same_data_as` stands for those of another."""
    given = dict(vector["inputs"])
    other = given.pop("same_data_as", None)
    if other is not None:
        given = {**BY_ID[other]["inputs"], **given}
    return {RENAMED.get(name, name): value for name, value in given.items() if name not in EXPLAINING}


def field(result: Any, name: str) -> Any:
    name = name if isinstance(result, dict) else RENAMED.get(name, name)
    return result[name] if isinstance(result, dict) else getattr(result, name)


def assert_close(found: Any, expected: Any, tol: float, where: str) -> None:
    """Compare numbers within an absolute or relative tolerance, whichever is larger, and results field by field."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            if name not in NOTES:
                assert_close(field(found, name), value, tol, f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_close(one, other, tol, f"{where}[{place}]")
    elif expected is None or isinstance(expected, bool):
        assert found is expected, where
    elif expected in ("inf", "-inf"):
        assert found == float(expected), where
    elif isinstance(expected, str):
        assert found == expected, where
    else:
        assert math.isfinite(found), where
        assert found == pytest.approx(expected, rel=tol, abs=tol), where


@pytest.mark.parametrize("vector", VECTORS, ids=[each["id"] for each in VECTORS])
def test_a_statistic_gives_its_known_answer(vector: dict[str, Any]) -> None:
    function = getattr(stats, vector["algo"])
    given = arguments(vector)
    assert set(given) <= set(inspect.signature(function).parameters), "an input that the function does not know"
    assert_close(function(**given), vector["expected"], vector["tol"], vector["id"])


def test_the_vectors_are_there(shared: Path) -> None:
    assert VECTORS, f"no known answers in {checks_file()}"
    assert len(BY_ID) == len(VECTORS)


def test_another_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vector = {"id": "mine", "algo": "wilson", "inputs": {"k": 0, "n": 0}, "expected": None, "tol": 0}
    for content in ([vector], {"checks": [vector]}):
        file = tmp_path / "mine.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        monkeypatch.setenv("KNOWN_ANSWERS", str(file))
        assert checks_file() == file
        assert vectors() == [vector]


@pytest.mark.parametrize(
    ("found", "expected"),
    [(1.01, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, "inf"), (0.0, None), (1, True), ([1.0], [1.0, 2.0]),
     ({"lo": 1.0}, {"lo": 2.0})],
)  # fmt: skip
def test_a_wrong_answer_is_told_from_a_right_one(found: Any, expected: Any) -> None:
    with pytest.raises(AssertionError):
        assert_close(found, expected, 1e-3, "here")
