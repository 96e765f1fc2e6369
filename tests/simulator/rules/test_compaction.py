"""Compaction: a conversation becomes one signed block, which stands for it from then on, unchanged."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from agentkit.simulator import Reply, Script, Simulator
from tests.simulator.bodies import HI

pytestmark = pytest.mark.anyio

BASE: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 100, "betas": ["compact-2026-09-04"]}


async def compacted(simulator: Simulator) -> dict[str, Any]:
    create: Any = simulator.client().beta.messages.create
    message = await create(**BASE, messages=[HI], compaction={"type": "summarize"})
    assert message.stop_reason == "compaction"
    (block,) = message.content
    return dict(block.to_dict())


async def test_the_summary_stands_for_what_it_summarises() -> None:
    simulator = Simulator(Script(Reply.text("They said hi."), Reply.text("Hi again.")))
    block = await compacted(simulator)
    assert block["content"] == "They said hi."
    messages: Any = [{"role": "assistant", "content": [block]}, HI]
    answer = await simulator.client().beta.messages.create(**BASE, messages=messages)
    assert answer.stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"content": "They said bye."}, "compaction_content_mismatch"),
        ({"tool_changes": [{"type": "tool_removal"}]}, "compaction_tool_changes_mismatch"),
        ({"signature": "mine"}, "compaction_signature_invalid"),
        ({"signature": None}, "compaction_signature_invalid"),
    ],
)
async def test_a_changed_summary_is_refused(change: dict[str, Any], code: str) -> None:
    simulator = Simulator(Script(lambda _: Reply.text("They said hi.")))
    block = {**await compacted(simulator), **change}
    messages: Any = [{"role": "assistant", "content": [block]}, HI]
    with pytest.raises(anthropic.BadRequestError) as caught:
        await simulator.client().beta.messages.create(**BASE, messages=messages)
    assert caught.value.error_code == code


async def test_it_does_not_go_with_context_management() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("They said hi.")))
    create: Any = simulator.client().beta.messages.create
    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    given: Any = {**BASE, "betas": [*BASE["betas"], "context-management-2025-06-27"], "messages": [HI]}
    with pytest.raises(anthropic.BadRequestError, match="cannot be combined with context_management"):
        await create(**given, compaction={"type": "summarize"}, context_management=edits)


async def test_a_conversation_of_nothing_is_not_compacted() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("They said hi.")))
    messages: Any = [{"role": "assistant", "content": []}]
    with pytest.raises(anthropic.BadRequestError) as caught:
        await simulator.client().beta.messages.create(**BASE, messages=messages, compaction={"type": "summarize"})
    assert caught.value.error_code == "compaction_nothing_to_summarize"
