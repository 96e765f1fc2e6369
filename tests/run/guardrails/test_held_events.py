"""Held events: in order, none lost, and of a blocked run none with content."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from agentkit import Cost, Event, Outcome, RunFinished, RunStarted, TextDelta, TurnStarted, Usage
from agentkit.run.guardrails.held_events import HeldEvents

pytestmark = pytest.mark.anyio


@dataclass
class Shown:
    """A listener that keeps what it gets."""

    events: list[Event] = field(default_factory=list[Event])

    async def send(self, event: Event) -> None:
        self.events.append(event)

    def send_soon(self, event: Event) -> None:
        self.events.append(event)


def text(piece: str, run_id: str = "r") -> TextDelta:
    return TextDelta(run_id=run_id, path=("a",), parent_call_id=None, text=piece)


STARTED = RunStarted(run_id="r", path=("a",), parent_call_id=None, model="m")
TURN = TurnStarted(run_id="r", path=("a",), parent_call_id=None, turn=1, is_last=False)
FINISHED = RunFinished(
    run_id="r", path=("a",), parent_call_id=None, outcome=Outcome.BLOCKED, reason="", usage=Usage(), cost=Cost(0.0)
)


async def test_what_is_held_comes_in_order_when_no_reason_is_left() -> None:
    shown = Shown()
    held = HeldEvents(shown, "r")
    await held.send(STARTED)
    held.hold("input")
    held.hold("output")
    await held.send(text("a"))
    held.send_soon(text("b"))
    held.release("output")
    assert shown.events == [STARTED]
    held.release("input")
    held.send_soon(text("c"))
    assert shown.events == [STARTED, text("a"), text("b"), text("c")]


async def test_of_a_closed_run_nothing_with_content_is_shown() -> None:
    shown = Shown()
    held = HeldEvents(shown, "r")
    held.hold("input")
    for event in (STARTED, TURN, text("a"), text("b", "r/child")):
        await held.send(event)
    held.close()
    held.release("input")
    await held.send(text("late"))
    await held.send(FINISHED)
    assert shown.events == [STARTED, FINISHED]


async def test_a_dropped_reply_is_left_out_and_what_its_calls_did_is_not() -> None:
    shown = Shown()
    held = HeldEvents(shown, "r")
    held.hold("input")
    last = replace(TURN, turn=2)  # its reply was paused, and has two parts
    for event in (TURN, text("kept"), last, text("dropped"), last, text("too"), text("of a sub-agent", "r/child")):
        await held.send(event)
    held.release("input", without_last_reply=True)
    assert shown.events == [TURN, text("kept"), last, last, text("of a sub-agent", "r/child")]
