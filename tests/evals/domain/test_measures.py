"""Points, coverage and risk of answers, and the curve that agreement between tries gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.errors import UsageError
from agentkit.evals import Case, Suite
from agentkit.evals.domain import RiskPoint, measure_answers, suite
from agentkit.evals.domain.measures import measures_by_agent
from tests.evals.trials import trial

SAID = {"One?": ["1", "1", "1"], "Two?": ["2", "two", "I do not know"], "Three?": ["4", "4", "3"], "Four?": ["?"] * 3}


@pytest.fixture
def given(tmp_path: Path) -> Suite:
    path = tmp_path / "numbers.jsonl"
    lines = [{"question": name, "answer": number} for number, name in enumerate(SAID, 1)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return suite(path, penalty=2)


def test_points_coverage_and_risk(given: Suite) -> None:
    trials = [trial(text, task=name, number=number) for name, some in SAID.items() for number, text in enumerate(some)]
    measures = measure_answers(given, [*trials, trial("9", task="One?", problem="an outage")])
    assert measures.points.value == pytest.approx((3 + (1 - 2) + (1 - 4) - 6) / 12)
    assert measures.coverage.value == pytest.approx(11 / 12)
    assert measures.risk is not None
    assert measures.risk.value == pytest.approx((0 + 1 / 2 + 2 / 3 + 1) / 4)
    assert measures.risk_coverage == (
        RiskPoint(1.0, 0.5, 0.5), RiskPoint(pytest.approx(2 / 3), 0.75, pytest.approx(2 / 3)),  # type: ignore[arg-type]
        RiskPoint(pytest.approx(1 / 3), 1.0, 0.5),  # type: ignore[arg-type]
    )  # fmt: skip
    assert "points -0.58 (" in str(measures)


def test_who_only_abstains_has_no_risk_and_no_points(given: Suite) -> None:
    measures = measure_answers(given, [trial("I do not know", task=name) for name in SAID])
    assert (measures.points.value, measures.coverage.value, measures.risk, measures.risk_coverage) == (0, 0, None, ())
    assert "risk -" in str(measures)


def test_each_agent_has_its_measures_and_other_suites_have_none(given: Suite) -> None:
    trials = [trial("1", task="One?"), trial("2", task="One?", agent="b"), trial(None, agent="c", problem="an outage")]
    assert {name: one.points.value for name, one in measures_by_agent(given, trials).items()} == {"a": 1, "b": -2}
    assert measures_by_agent(Suite("other", [Case("Tea", output=1)]), trials) == {}


def test_other_trials_are_refused(given: Suite) -> None:
    with pytest.raises(UsageError, match="of one agent, not of none"):
        measure_answers(given, [])
    with pytest.raises(UsageError, match="of one agent, not of a, b"):
        measure_answers(given, [trial("1", task="One?"), trial("1", task="One?", agent="b")])
    with pytest.raises(UsageError, match="'Tea' is no question of the suite 'other'"):
        measure_answers(Suite("other", [Case("Tea", output=1)]), [trial("1", task="Tea")])
