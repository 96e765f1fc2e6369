"""An evaluation whose process is killed goes on: nothing that it has kept is asked for again."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import Agent
from agentkit.evals import EvalStore, Task, called, evaluate
from agentkit.journal import Journal
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import script
from tests.evals.running.shop import clerk, is_first_turn

pytestmark = pytest.mark.anyio

PROGRAM = """
import sys
import anyio
from anthropic import AsyncAnthropic
from agentkit import Agent, tool
from agentkit.evals import Task, called, evaluate

@tool
def price(item: str) -> float:
    "Return the price of an item."
    return 4.0

agent = Agent("clerk", model="claude-haiku-5-5", tools=[price])
setups = {"tea": None, "milk": dict, "rice": None, "salt": dict}
tasks = [Task(f"Price of {item}?", setup, [called("price")]) for item, setup in setups.items()]

async def main():
    url, path = sys.argv[1:]
    async with AsyncAnthropic(api_key="k", base_url=url) as client:
        evaluation = await evaluate(agent, tasks, tries=2, concurrency=2, store=path, client=client)
    print(len(evaluation.trials), all(trial.passed for trial in evaluation.trials))

anyio.run(main)
"""


async def test_a_conversation_with_a_user_goes_on_where_it_was(tmp_path: Path) -> None:
    user = Agent("user", model="claude-haiku-5-5", instructions="You want tea.")
    task = Task("I want tea.", graders=[called("price")], user=user)
    last, requests = 4, list[dict[str, Any]]()

    async def reply(request: dict[str, Any]) -> Reply:
        requests.append(request)
        if len(requests) == last:
            scope.cancel()
            await anyio.sleep_forever()
        text = str(request["messages"])
        if "You want tea" in str(request.get("system")):
            return Reply.text("###STOP###" if "It costs" in text else "Green.")
        if "Green" not in text:
            return Reply.text("Which?")
        return Reply.text("It costs 4.") if "tool_result" in text else Reply.tool("price", item="green tea")

    with anyio.CancelScope() as scope, script(reply):
        await evaluate(clerk, [task], store=tmp_path / "evals.db")
    assert scope.cancelled_caught
    with script(reply):
        evaluation = await evaluate(clerk, [task], store=tmp_path / "evals.db")
    (trial,) = evaluation.trials
    assert (trial.passed, trial.output) == (True, "It costs 4.")
    assert len(requests) == 6, "of the five of the conversation, the one that was cancelled was sent again"
    assert [message["role"] for message in trial.transcript] == ["user", "assistant"] * 3
    assert trial.cost_usd is not None
    assert evaluation.spent_usd > trial.cost_usd > 0


async def start(url: str, path: Path) -> anyio.abc.Process:
    return await anyio.open_process([sys.executable, "-c", PROGRAM, url, str(path)], cwd=Path.cwd(), stderr=None)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_killed_evaluation_makes_the_missing_runs_alone(tmp_path: Path) -> None:
    is_halfway, goes_on = anyio.Event(), anyio.Event()

    async def reply(request: dict[str, Any]) -> Reply:
        if len(simulator.ledger.rows) >= 8 and not goes_on.is_set():
            is_halfway.set()
            await goes_on.wait()
        return Reply.tool("price", item="x") if is_first_turn(request) else Reply.text("4")

    simulator = Simulator(Script(reply))
    path = tmp_path / "evals.db"
    async with simulator.serve() as url:
        process = await start(url, path)
        with anyio.fail_after(60):
            await is_halfway.wait()
        process.send_signal(signal.SIGKILL)
        await process.wait()
        with EvalStore(path) as store:
            assert store.evaluations() == []
        goes_on.set()
        answered = sum(row.status == 200 for row in simulator.ledger.rows)
        process = await start(url, path)
        assert process.stdout is not None
        printed = b"".join([part async for part in process.stdout])
        assert await process.wait() == 0
        assert printed.split() == [b"8", b"True"]
        again = sum(row.status == 200 for row in simulator.ledger.rows) - 16
    assert 0 <= again <= 3, "what was on its way, and the first turn of a trial with a world"
    assert answered >= 6
    assert Journal(path.with_suffix(".runs.db")).runs() == []
