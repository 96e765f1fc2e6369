"""Results: an output or a clear reason why there is none, and sums over the tree."""

from __future__ import annotations

import pytest

from agentkit import AgentkitError, Cost, Outcome, RunIncomplete, RunResult, Usage
from agentkit.result import Answer


def result(
    outcome: Outcome = Outcome.COMPLETED, answer: Answer[str] | None = None, *below: RunResult[object]
) -> RunResult[str]:
    return RunResult(
        run_id="r",
        agent="a",
        outcome=outcome,
        reason="Why.",
        answer=answer,
        own_usage=Usage(1),
        own_cost=Cost(1.0),
        children=below,
    )


def test_without_an_output_reading_it_names_the_outcome() -> None:
    with pytest.raises(RunIncomplete, match=r"'a' has no output, its outcome is refused\. Why\.") as caught:
        _ = result(Outcome.REFUSED).output
    assert caught.value.outcome == "refused"
    assert isinstance(caught.value, AgentkitError)


def test_none_may_be_an_output() -> None:
    given: RunResult[None] = RunResult(run_id="r", agent="a", outcome=Outcome.COMPLETED, answer=Answer(None))
    assert given.output is None
    assert given.ok


def test_a_landed_answer_is_an_output_although_the_run_is_not_ok() -> None:
    landed = result(Outcome.MAX_TURNS, Answer("best"))
    assert landed.output == "best"
    assert not landed.ok


def test_usage_and_cost_are_of_the_whole_tree() -> None:
    leaf: RunResult[object] = RunResult(
        run_id="r/1", agent="b", outcome=Outcome.COMPLETED, own_usage=Usage(2), own_cost=Cost(0.5)
    )
    assert result(Outcome.COMPLETED, None, leaf, leaf).usage.requests == 5
    assert result(Outcome.COMPLETED, None, leaf, leaf).cost.usd == 2.0
    unpriced: RunResult[object] = RunResult(run_id="r/2", agent="c", outcome=Outcome.COMPLETED, own_cost=Cost(None))
    assert result(Outcome.COMPLETED, None, leaf, unpriced).cost.usd is None


def test_an_outcome_prints_as_its_value() -> None:
    assert f"{Outcome.MAX_TURNS}" == str(Outcome.MAX_TURNS) == "max_turns"
