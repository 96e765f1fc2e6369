"""A server in a thread, for code that is no coroutine."""

from __future__ import annotations

import anthropic
import pytest

from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import served

HI: anthropic.types.MessageParam = {"role": "user", "content": "Hi"}


def test_a_sync_client_is_answered() -> None:
    simulator = Simulator(Script(Reply.text("Hello.")))
    with served(simulator) as base_url, anthropic.Anthropic(api_key="any", base_url=base_url) as client:
        message = client.messages.create(model="claude-opus-5-5", max_tokens=9, messages=[HI])
    assert message.content[0].type == "text"
    assert message.content[0].text == "Hello."
    assert len(simulator.requests) == 1


def test_the_server_ends_with_the_block_and_errors_pass_as_they_are() -> None:
    with pytest.raises(KeyError, match="mine"), served(Simulator(Script())) as base_url:
        raise KeyError("mine")
    with (
        anthropic.Anthropic(api_key="any", base_url=base_url, max_retries=0) as client,
        pytest.raises(anthropic.APIConnectionError),
    ):
        client.messages.create(model="claude-opus-5-5", max_tokens=9, messages=[HI])
