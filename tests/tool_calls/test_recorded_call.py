"""A tool call as a recorded step: its result comes back whole, in memory without a conversion."""

from __future__ import annotations

import pytest

from agentkit import InMemorySteps
from agentkit.messages.message import ToolCall, text_block
from agentkit.run.scope import RunScope
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.recorded_call import run_recorded_call
from tests.run.test_steps import Recording, Replaying

pytestmark = pytest.mark.anyio

CALL = ToolCall("toolu_1", "look", {"word": "tea"})


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
    scope = RunScope("r", ("a",), recording)
    assert await run_recorded_call(scope, recording.reserve("tool:toolu_1"), CALL, effect) == result
    replaying = Replaying(recording.journal)
    scope = RunScope("r", ("a",), replaying)
    assert await run_recorded_call(scope, replaying.reserve("tool:toolu_1"), CALL, never) == result
    steps = InMemorySteps()
    scope = RunScope("r", ("a",), steps)
    assert await run_recorded_call(scope, steps.reserve("tool:toolu_1"), CALL, effect) is result
