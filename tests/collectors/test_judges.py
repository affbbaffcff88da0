"""What the service says of its judges, read without a network."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.judges import ends, judge_model, polarity, probability, runtime, scale_kind, sense
from tests.collectors.fake_evaluations import LIKERT, config, judge


def numerical(*ratings: tuple[float, str]) -> dict[str, Any]:
    """A definition with these ratings."""
    scale = {"numerical": [{"value": value, "label": label} for value, label in ratings]}
    return {"evaluatorConfig": {"llmAsAJudge": judge(scale)}}


@pytest.mark.parametrize(
    ("name", "definition", "expected"),
    [
        ("Builtin.Helpfulness", None, "higher_is_better"),
        ("Builtin.Harmfulness", None, "unknown"),
        ("Builtin.Harmfulness", numerical((0, "Not Harmful"), (1, "Harmful")), "lower_is_better"),
        ("Builtin.Harmfulness", numerical((1, "Not Harmful"), (0, "Harmful")), "higher_is_better"),
        ("Builtin.Refusal", numerical((0, "No"), (1, "Yes")), "unknown"),
        ("Builtin.Refusal", numerical((0, "Non Refusal"), (1, "Refusal")), "lower_is_better"),
        ("politeness", numerical((1, "Poor"), (3, "Fair"), (5, "Excellent")), "higher_is_better"),
        ("politeness", numerical((1, "Low"), (5, "High")), "unknown"),
        ("politeness", None, "unknown"),
    ],
)
def test_the_direction_of_a_score_is_read_from_its_scale_or_stays_unknown(
    name: str, definition: dict[str, Any] | None, expected: str
) -> None:
    assert polarity(name, definition) == expected


@pytest.mark.parametrize(
    ("label", "expected"), [("Very Helpful", 1), ("Not Helpful At All", -1), ("Above And Beyond", 0)]
)
def test_a_rating_is_good_bad_or_neither_by_its_words(label: str, expected: int) -> None:
    assert sense(label) == expected


def test_a_scale_has_ends_only_where_every_dimension_has_the_same() -> None:
    def several(*scales: dict[str, Any]) -> dict[str, Any]:
        parts = [{"dimensionName": str(n), "dimensionRatingScale": scale} for n, scale in enumerate(scales)]
        return {"evaluatorConfig": {"llmAsAJudge": judge({"multiDimensional": parts})}}

    words = {"categorical": [{"label": "a", "definition": "b"}]}
    assert ends(numerical((5, "Excellent"), (1, "Poor"))) == (1.0, 5.0)
    assert ends(several(LIKERT, LIKERT)) == (1.0, 5.0)
    assert ends(several(LIKERT, words)) is None
    assert ends({"evaluatorConfig": {"codeBased": {"lambdaConfig": {}}}}) is None
    assert (scale_kind(several(LIKERT)), scale_kind(numerical((1, "x"))), scale_kind({})) == (
        "multi_dimensional", "numerical", None,
    )  # fmt: skip


def test_the_model_that_judges_is_named_where_the_evaluator_names_it() -> None:
    own = {"evaluatorConfig": {"derived": {"baseEvaluatorId": "Builtin.Helpfulness",
        "modelConfig": {"responsesEvaluatorModelConfig": {"modelId": "openai.gpt-oss"}}}}}  # fmt: skip
    assert judge_model(numerical((1, "x"))) == "anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert judge_model(own) == "openai.gpt-oss"
    assert judge_model({"evaluatorConfig": {"codeBased": {}}}) is None


def test_the_chance_of_being_judged_is_known_only_where_nothing_else_chooses() -> None:
    chosen = {"key": "x", "operator": "Equals", "value": {"stringValue": "y"}}
    assert probability(config()) == 0.1
    assert probability(config(filters=[])) == 0.1
    assert probability(config(filters=[chosen])) is None
    assert probability({}) is None


def test_the_runtime_is_known_where_exactly_one_runtime_is_judged() -> None:
    def judging(*groups: str) -> str | None:
        return runtime(config(logs={"logGroupNames": list(groups), "serviceNames": ["helper.DEFAULT"]}))

    own = "/aws/bedrock-agentcore/runtimes/my-helper-0123456789-prod"
    assert judging(own, "aws/spans") == "my-helper-0123456789"
    assert judging(own, "/aws/bedrock-agentcore/runtimes/other-0123456789-prod") is None
    assert judging("aws/spans") is None
