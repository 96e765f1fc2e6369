"""A reply that a block cuts off, on a real server: it is not read to its end, and the run ends at once."""

from __future__ import annotations

import time

import anthropic
import anyio
import pytest

from agentkit import Agent, Block, Guardrail, Outcome, Seen, Verdict
from agentkit.simulator import Script, Simulator, faults
from agentkit.testing import Reply

pytestmark = pytest.mark.anyio


async def fraud(seen: Seen) -> Verdict:
    await anyio.sleep(0.2)
    return Block("It is fraud.")


async def test_a_block_cuts_the_reply_off_and_pays_for_what_came() -> None:
    text = "This is a long answer. " * 40
    simulator = Simulator(Script(Reply.text(text)), faults=[faults.drip(40, 0.02)])
    agent = Agent("caller", model="claude-haiku-5-5", guardrails=[Guardrail(fraud)])
    async with simulator.serve() as url, anthropic.AsyncAnthropic(api_key="k", base_url=url) as client:
        began = time.monotonic()
        result = await agent.run("Call mum.", client=client)
        seconds = time.monotonic() - began
        with anyio.fail_after(5):
            while any(row.is_open for row in simulator.ledger.rows):
                await anyio.sleep(0.01)
    assert result.outcome is Outcome.BLOCKED
    assert seconds < 1.5, "the reply takes more than two seconds"
    (row,) = simulator.ledger.rows
    assert not row.is_whole
    assert result.usage.aborted_requests == 1
    assert row.usage.output_tokens <= result.usage.output_tokens
    assert result.verdicts[0].tokens_saved > 0
