"""Results: an output or a clear reason why there is none, and sums over the tree."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent, AgentkitError, Artifact, Cost, ModelError, Outcome, RunIncomplete, RunResult, Usage, tool
from agentkit.budget.charges import Charge
from agentkit.budget.prices import Price
from agentkit.run.result import Answer
from agentkit.testing import Reply, script


@dataclass
class Report:
    text: str


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
    with pytest.raises(RunIncomplete, match=r"invalid_output\. Sent to the model: Why\."):
        _ = result(Outcome.INVALID_OUTPUT).output


def test_none_may_be_an_output() -> None:
    given: RunResult[None] = RunResult(run_id="r", agent="a", outcome=Outcome.COMPLETED, answer=Answer(None))
    assert given.output is None
    assert given.ok


def test_a_landed_answer_is_an_output_although_the_run_is_not_ok() -> None:
    landed = result(Outcome.MAX_TURNS, Answer("best"))
    assert landed.output == "best"
    assert not landed.ok


def test_printed_it_shows_output_outcome_and_cost() -> None:
    said = {str: "Tea is 4 EUR.", Report: Report("tea"), type(None): None}
    for value in said.values():
        given: RunResult[object] = RunResult(run_id="r", agent="a", outcome=Outcome.COMPLETED, answer=Answer(value))
        assert str(given) == f"{value}\n\na: completed, cost $0.0000"
    assert str(result(Outcome.REFUSED)) == "Why.\n\na: refused, cost $1.0000"
    empty: RunResult[str] = RunResult(run_id="r", agent="a", outcome=Outcome.EMPTY)
    assert str(empty) == "a: empty, cost $0.0000"


@pytest.mark.anyio
async def test_it_is_saved_as_json_with_its_children_and_its_messages_go_on(tmp_path: Path) -> None:
    reader = Agent("reader", model="claude-haiku-5-5", output=Report)
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])
    with script(Reply.tool("reader", objective="Read."), Reply.output(Report("tea")), Reply.text("Done.")):
        done = await lead.run("Go")
    done.save(tmp_path / "result.json")
    saved = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert (saved["output"], saved["outcome"], saved["cost_usd"]) == ("Done.", "completed", done.cost.usd)
    assert saved["children"][0]["output"] == {"text": "tea"}
    assert saved["messages"] == [*done.messages]
    with script(Reply.text("Yes.")):
        assert (await lead.conversation(saved["messages"]).send("And?")).ok
    for one, output in [(result(Outcome.REFUSED), None), (result(answer=Answer("\ud800\0")), "\ud800\0")]:
        one.save(str(tmp_path / "result.json"))
        saved = json.loads((tmp_path / "result.json").read_bytes())
        assert (saved["has_output"], saved["output"]) == (output is not None, output)


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


@tool(effect="read")
def report() -> Artifact:
    """Write a report."""
    return Artifact("a,b\n1,2", name="report.csv")


COPIES: list[Callable[[Any], Any]] = [lambda it: pickle.loads(pickle.dumps(it)), copy.copy, copy.deepcopy]


@pytest.mark.parametrize("copied", COPIES, ids=["pickle", "copy", "deepcopy"])
def test_a_result_travels_with_its_tree_its_artifacts_and_its_error(copied: Callable[[Any], Any]) -> None:
    child = Agent("child", model="claude-haiku-5-5", tools=[report])
    lead = Agent("lead", model="claude-haiku-5-5", tools=[child.as_tool()])
    with script(
        Reply.tool("child", objective="Write."),
        Reply.tool("report"),
        Reply.text("Here."),
        Reply.failure(400, "x", "No."),
    ):
        gone = lead.run_sync("Go.")
    it = copied(gone)
    assert it == gone
    assert it.cost.tree() == gone.cost.tree()
    assert [kept.read() for kept in it.artifacts.values()] == ["a,b\n1,2"]
    assert (type(it.error), it.error.status, str(it.error)) == (ModelError, 400, str(gone.error))
    assert asdict(it)["outcome"] == "failed"


def run_in_process(reply: str) -> RunResult[str]:
    with script(Reply.text("ok") if reply == "text" else Reply.failure(400, "invalid_request_error", "bad")):
        result = Agent("a", model="claude-haiku-5-5").run_sync("x")
    if reply == "raise":
        _ = result.output
    return result


def test_results_and_errors_come_back_from_a_pool_of_processes() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(run_in_process, "text").result(60).output == "ok"
        failed = pool.submit(run_in_process, "failure").result(60)
        assert failed.error is not None
        assert failed.error.status == 400
        with pytest.raises(RunIncomplete) as caught:
            pool.submit(run_in_process, "raise").result(60)
    assert caught.value.outcome == "failed"
