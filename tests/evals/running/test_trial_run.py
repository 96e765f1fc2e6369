"""A trial is repeated where the infrastructure failed, and reported apart where it goes on failing."""

from typing import Any

import anyio
import pytest

from agentkit import Agent, Budget, Retry
from agentkit.evals import Case, Task, Trial, evaluate
from agentkit.evals.faults import Faults
from agentkit.evals.running import trial_run
from agentkit.evals.scripted_agents import idle
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import script
from tests.evals.running.shop import Stock, asks_the_price, buyer, clerk

pytestmark = pytest.mark.anyio

ONCE = Retry(max_attempts=1)
TEA = Case("What does tea cost?", output=4.0)


async def test_a_failure_of_the_api_is_repeated_and_then_a_problem() -> None:
    agent = Agent("clerk", model="claude-haiku-5-5", retry=ONCE)
    with script(lambda _: Reply.text("4"), faults=["status:500", None]) as simulator:
        evaluation = await evaluate(agent, [TEA])
    assert [trial.passed for trial in evaluation.trials] == [True]
    assert len(simulator.requests) == 2
    with script(lambda _: Reply.text("4"), faults=["status:500"] * 3) as simulator:
        evaluation = await evaluate(agent, [TEA])
    assert [trial.is_judged for trial in evaluation.trials] == [False]
    assert "The infrastructure failed: the run of clerk ended failed" in evaluation.problems[0].problem
    assert len(simulator.requests) == 3


async def test_a_failure_below_counts_as_one_of_the_infrastructure() -> None:
    reader = Agent("reader", model="claude-haiku-5-5", retry=ONCE)

    async def pipeline(question: str) -> str:
        return (await reader.run(question)).output

    with script(lambda _: Reply.text("4"), faults=["status:500", None]):
        evaluation = await evaluate({"p": pipeline}, [TEA])
    assert [trial.passed for trial in evaluation.trials] == [True]


async def test_failures_of_the_agent_are_graded_by_the_world() -> None:
    def is_there(trial: Trial[Stock]) -> bool:
        return trial.world.orders == []

    def has_answer(trial: Trial[Stock]) -> bool:
        return trial.output is not None

    task = Task("Order tea.", Stock, [is_there, has_answer])
    small = Agent("small", model="claude-haiku-5-5", budget=Budget(max_requests=0))
    with script():
        evaluation = await evaluate(small, [task], tries=2, budget=Budget(max_requests=50))
    assert [[grade.passed for grade in trial.grades] for trial in evaluation.trials] == [[True, False]] * 2
    assert {str(trial.outcome) for trial in evaluation.trials} == {"budget_exhausted"}

    async def crashes(question: str) -> str:
        raise ValueError("no such page")

    evaluation = await evaluate({"p": crashes}, [task])
    assert [(trial.passed, trial.reason) for trial in evaluation.trials] == [(False, "ValueError: no such page")]


async def test_setups_and_graders_that_raise_are_problems_of_theirs() -> None:
    tried: list[int] = []

    def broken() -> Stock:
        tried.append(1)
        raise OSError("disk full")

    def raises(trial: Trial[Stock]) -> bool:
        raise KeyError("orders")

    def says_nothing(trial: Trial[Stock]) -> bool:
        return None  # type: ignore[return-value]

    def fails(trial: Trial[Stock]) -> bool:
        raise AssertionError("two orders")

    tasks = [
        Task("a", broken, [fails]),
        Task("b", Stock, [raises]),
        Task("c", Stock, [says_nothing]),
        Task("d", Stock, [fails]),
    ]
    with script(lambda _: Reply.text("Done.")):
        evaluation = await evaluate(buyer, tasks)
    setup, raised, nothing, failed = evaluation.trials
    assert (len(tried), setup.problem) == (3, "The setup raised OSError: disk full")
    assert "raises" in raised.problem
    assert "KeyError" in raised.problem
    assert "says_nothing" in nothing.problem
    assert (failed.is_judged, failed.passed, failed.grades[0].reason) == (True, False, "two orders")
    assert len(evaluation.problems) == 3


async def test_faults_are_planted_in_agents_pipelines_and_conversations() -> None:
    def was_tried_again(trial: Trial) -> bool:
        return sum(call.name == "price" for call in trial.calls) > 1

    async def pipeline(question: str) -> str:
        return (await patient.run(question)).output

    def reply(request: dict[str, Any]) -> Reply:
        last = str(request["messages"][-1]["content"])
        return Reply.text("It costs 4.0") if "4.0" in last else Reply.tool("price", item="tea")

    user = Agent("user", model="claude-haiku-5-5", instructions="Say ###STOP###.")
    tasks = [Task("Tea?", graders=[was_tried_again]), Task("Tea, please?", graders=[was_tried_again], user=user)]
    faults = Faults(tool_errors=1.0)

    with script(lambda request: Reply.text("###STOP###") if not request.get("tools") else reply(request)):
        evaluation = await evaluate({"a": clerk}, tasks, faults=faults)
    assert [trial.passed for trial in evaluation.trials] == [True, True]
    assert [sum(trial.faults_met.values()) for trial in evaluation.trials] == [2, 2]
    assert evaluation.faults == "tool_errors=1"
    patient = Agent("clerk", model="claude-haiku-5-5", retry=Retry(first_wait_s=0, longest_wait_s=0))
    with script(lambda _: Reply.text("4")):
        evaluation = await evaluate({"p": pipeline, "a": patient}, [TEA], faults=Faults(api=0.5), tries=3)
    for agent in ("a", "p"):
        assert any(trial.faults_met for trial in evaluation.of(agent))
        assert all(trial.is_judged for trial in evaluation.of(agent))


async def test_a_task_without_setup_gives_no_deps() -> None:
    with script(asks_the_price):
        evaluation = await evaluate(clerk, [TEA])
    assert evaluation.trials[0].world is None


async def test_a_client_answers_for_model_ids_and_not_for_models_that_need_no_server() -> None:
    agent = Agent("clerk", model="claude-haiku-5-5")
    async with Simulator(Script(Reply.text("4"))).client() as client:
        evaluation = await evaluate({"asked": agent, "idle": idle(agent, says="5")}, [TEA], client=client)
    assert [trial.output for trial in evaluation.trials] == ["4", "5"]


@pytest.mark.parametrize("hangs_in", ["setup", "grader", "pipeline"])
async def test_what_hangs_ends_with_the_time_of_the_evaluation(hangs_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_run, "_CLEANUP_S", 0.0)

    async def wait(place: str) -> None:
        if hangs_in == place:
            await anyio.sleep_forever()

    async def pipeline(question: str) -> str:
        await wait("pipeline")
        return question

    async def grader(trial: Trial[None]) -> bool:
        await wait("grader")
        return trial.output == "Tea?"

    task = Task("Tea?", lambda: wait("setup"), [grader])
    evaluation = await evaluate({"p": pipeline}, [task], tries=3, budget=Budget(max_seconds=0.1))
    assert [trial.is_judged for trial in evaluation.trials] == [False] * len(evaluation.trials)
    assert "a grader still ran when the time" in evaluation.problems[0].problem
    assert evaluation.stopped == "the budget of the evaluation is used up"
