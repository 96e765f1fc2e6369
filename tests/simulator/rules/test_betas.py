"""The names of betas: all that the SDK lists, and those that a simulator is told."""

from __future__ import annotations

from typing import Any, get_args

import anthropic
import pytest
from anthropic.types import AnthropicBetaParam

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.rules.betas import KNOWN_BETAS


def test_every_beta_of_the_sdk_is_known() -> None:
    _, listed = get_args(AnthropicBetaParam)
    assert set(get_args(listed)) <= KNOWN_BETAS


@pytest.mark.anyio
async def test_a_beta_that_it_does_not_know_is_refused_unless_it_was_told() -> None:
    asked: Any = {"model": "claude-opus-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
    for betas in ((), ("holograms-2030-01-01",)):
        simulator = Simulator(Script(Reply.text("Hi.")), betas=betas)
        client = simulator.client()
        if betas:
            await client.beta.messages.create(**asked, betas=["holograms-2030-01-01"])
        else:
            with pytest.raises(anthropic.BadRequestError, match="Unexpected value"):
                await client.beta.messages.create(**asked, betas=["holograms-2030-01-01"])
