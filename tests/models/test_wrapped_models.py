"""Models of all runs in a block are wrapped, those of sub-agents too, and none outside."""

from functools import partial

import pytest
from anthropic import AsyncAnthropic

from agentkit import Agent
from agentkit.models.claude import ClaudeModel
from agentkit.models.model import Model
from agentkit.models.wrapped_models import wrap_models, wrapped
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


async def test_every_model_that_is_opened_in_the_block_is_wrapped() -> None:
    seen: list[str] = []

    def note(model: Model) -> Model:
        seen.append(model.name)
        return model

    reader = Agent("reader", model="claude-haiku-5-5")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])
    replies = [Reply.tool("reader", objective="Read."), Reply.text("Tea."), Reply.text("Done.")]
    with script(*replies), wrap_models(note):
        await lead.run("?")
    assert seen == ["claude-opus-5-5", "claude-haiku-5-5"]
    with script(Reply.text("Done.")):
        await reader.run("?")
    assert len(seen) == 2


def test_the_outermost_block_wraps_last() -> None:
    order: list[str] = []

    def noting(name: str, model: Model) -> Model:
        order.append(name)
        return model

    with wrap_models(partial(noting, "outer")), wrap_models(partial(noting, "inner")):
        wrapped(ClaudeModel("claude-haiku-5-5", AsyncAnthropic(api_key="key")))
    assert order == ["inner", "outer"]
