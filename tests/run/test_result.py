"""Results: an output or a clear reason why there is none, and sums over the tree."""

from __future__ import annotations

import pytest

from agentkit import AgentkitError, Cost, Outcome, RunIncomplete, RunResult, Usage
from agentkit.budget.charges import Charge
from agentkit.budget.prices import Price
from agentkit.run.result import Answer


def charge(usd: float | None) -> Charge:
    """A request that cost so much."""
    return Charge("m", None if usd is None else Price(1e6 * usd, 0), Usage(1, input_tokens=1))


def result(
    outcome: Outcome = Outcome.COMPLETED, answer: Answer[str] | None = None, *below: RunResult[object]
) -> RunResult[str]:
    return RunResult(
        run_id="r",
        agent="a",
        outcome=outcome,
        reason="Why.",
        answer=answer,
        charges=(charge(1.0),),
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
        run_id="r/1", agent="b", outcome=Outcome.COMPLETED, charges=(charge(0.25), charge(0.25)), tool="b"
    )
    assert result(Outcome.COMPLETED, None, leaf, leaf).usage.requests == 5
    assert result(Outcome.COMPLETED, None, leaf, leaf).cost.usd == 2.0
    unpriced: RunResult[object] = RunResult(run_id="r/2", agent="c", outcome=Outcome.COMPLETED, charges=(charge(None),))
    assert result(Outcome.COMPLETED, None, leaf, unpriced).cost.usd is None


def test_a_runs_own_part_is_told_from_that_of_its_children() -> None:
    lead = result(Outcome.COMPLETED, None, result())
    assert (lead.own_usage, lead.own_cost) == (Usage(1, input_tokens=1), Cost(1.0))
    assert (lead.usage, lead.cost.usd) == (Usage(2, input_tokens=2), 2.0)


def test_the_cost_of_a_run_has_a_tree_and_adds_up_like_any_other() -> None:
    lead = result(Outcome.COMPLETED, None, result())
    assert str(lead.cost) == "$2.0000"
    assert lead.cost + Cost(0.5) == Cost(0.5) + lead.cost == Cost(2.5)
    assert sum((one.cost for one in (lead, lead)), Cost()) == Cost(4.0)
    assert lead.cost.tree().cost == Cost(2.0)


def test_an_outcome_prints_as_its_value() -> None:
    assert f"{Outcome.MAX_TURNS}" == str(Outcome.MAX_TURNS) == "max_turns"
