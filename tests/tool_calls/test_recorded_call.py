"""A tool call as a recorded step: its result comes back whole, in memory without a conversion."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from agentkit import Agent, InMemorySteps, Step, Steps, tool
from agentkit.messages.message import ToolCall, text_block
from agentkit.run.scope import RunScope
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.call_runner import CallRunner
from agentkit.tool_calls.recorded_call import run_recorded_call
from tests.executing import execution
from tests.pacing import DONE, Paced, begins, block, ends
from tests.run.test_steps import Recording, Replaying

pytestmark = pytest.mark.anyio

STEP = Step("tool:toolu_1", "tool")
CALL = ToolCall("toolu_1", "look", {"word": "tea"})


def runner(steps: Steps) -> CallRunner:
    return replace(execution([]).runner, scope=RunScope("r", ("a",), steps))


@pytest.mark.parametrize(
    "result",
    [
        CallResult("tea"),
        CallResult([text_block("tea")], duration_s=1.5),
        CallResult("No.", is_error=True, added=[text_block("more")], program_fault="It returned None."),
    ],
)
async def test_a_result_comes_back_whole(result: CallResult) -> None:
    async def effect() -> CallResult:
        return result

    async def never() -> CallResult:
        raise AssertionError("run again")

    recording = Recording()
    assert await run_recorded_call(runner(recording), recording.reserve(STEP), CALL, effect) == result
    replaying = Replaying(recording.journal)
    assert await run_recorded_call(runner(replaying), replaying.reserve(STEP), CALL, never) == result
    steps = InMemorySteps()
    assert await run_recorded_call(runner(steps), steps.reserve(STEP), CALL, effect) is result


async def test_an_eager_call_that_has_ended_is_recorded_while_a_sibling_still_runs() -> None:
    steps, recorded = Recording(), anyio.Event()

    @tool(effect="read")
    async def quick() -> str:
        """Answer at once."""
        return "quick"

    @tool
    async def slow() -> str:
        """Wait until the other call is recorded."""
        with anyio.fail_after(30):
            while "tool:toolu_0" not in steps.journal:
                await anyio.sleep(0.01)
        recorded.set()
        return "slow"

    model = Paced([[*begins(), *block(0, "quick"), *block(1, "slow"), *ends()], DONE])
    await Agent("a", model=model, tools=[quick, slow]).run("Go", steps=steps)
    assert recorded.is_set()
