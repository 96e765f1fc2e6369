"""What a tool sees of context variables does not depend on whether its call was eager."""

from __future__ import annotations

from contextvars import ContextVar

import pytest

from agentkit import Agent, tool
from agentkit.messages import AssistantTurn
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_an_eager_call_sees_the_context_of_its_run(is_streamed: bool) -> None:
    span = ContextVar("span", default="request")
    seen: dict[int, str] = {}

    @tool(effect="read")
    async def look(n: int) -> str:
        """Look."""
        seen[n] = span.get()
        return "x"

    @tool(effect="read")
    def look_in_thread(n: int) -> str:
        """Look."""
        seen[n] = span.get()
        return "x"

    @tool(effect="write")
    async def act(n: int) -> str:
        """Act."""
        seen[n] = span.get()
        return "x"

    async def traced(call: ModelCall, next: CallModel) -> AssistantTurn:
        token = span.set("model call")
        try:
            return await next(call)
        finally:
            span.reset(token)

    agent = Agent("a", model="claude-haiku-5-5", tools=[look, look_in_thread, act], around_model=[traced])
    calls = (
        Reply.tool("look", n=1) + Reply.tool("look_in_thread", n=2) + Reply.tool("act", n=3) + Reply.tool("look", n=4)
    )
    with script(calls, Reply.text("done")):
        if is_streamed:
            async with agent.stream("go") as run:
                async for _ in run:
                    pass
        else:
            await agent.run("go")
    assert seen == dict.fromkeys((1, 2, 3, 4), "request")
