"""Replies that end too early, in an unknown way, or not at all; and replies with unknown blocks or events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agentkit import Outcome
from agentkit.loop.actions import CUT_OFF, SAY_SOMETHING
from agentkit.simulator import Reply
from benchmarks.faults.desk import Price, pricing, worker
from benchmarks.faults.scenario import (
    DONE,
    FOUND,
    GO,
    LOOK,
    Played,
    call,
    fails,
    hears,
    no,
    ok,
    says,
    survives,
)

CUT = "Reply cut off by max_tokens"
REFUSAL = "Refusal"
PAUSE = "Paused turn"
UNKNOWN = "Unknown stop reason, block or event"
EMPTY = "Empty reply"

_with_fallback = replace(worker, fallback="claude-sonnet-5-5")
_hologram = Reply.block({"type": "hologram", "beam": "blue"})
_paused = Reply.text("Let me look that up.") + Reply.block(
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
)


def _had_room(*tokens: int) -> Callable[[Played], bool]:
    return lambda played: played.rooms == list(tokens)


SCENARIOS = (
    survives(CUT, "inside a call", "max_tokens:tool_use", also=_had_room(16_000, 64_000, 16_000)),
    survives(CUT, "inside thinking", "max_tokens:thinking", also=_had_room(16_000, 64_000, 16_000)),
    survives(
        CUT,
        "inside calls, again and again: a note asks for smaller pieces",
        *["max_tokens:tool_use"] * 3,
        script=(LOOK, call("c2", "find", word="tea"), DONE),
        saw=(
            GO,
            says(call("c1", "find")),
            hears(no("c1", CUT_OFF)),
            says(call("c2", "find", word="tea")),
            hears(ok("c2", "tea: 4 EUR")),
        ),
        requests=5,
        also=_had_room(16_000, 64_000, 128_000, 16_000, 16_000),
    ),
    survives(
        CUT,
        "inside a typed answer",
        None,
        "max_tokens:text",
        agent=pricing,
        script=(LOOK, Reply.output(Price(4.0))),
        output=Price(4.0),
        otherwise=Reply.output(Price(5.0)),
    ),
    survives(
        CUT,
        "inside the text of the answer",
        None,
        "max_tokens:text",
        outcome=Outcome.TRUNCATED,
        requests=2,
        output=None,
        reason="max_tokens",
    ),
    fails(
        REFUSAL,
        "no fallback",
        "refusal:bio,It is about germs.",
        outcome=Outcome.REFUSED,
        reason="bio: It is about germs.",
    ),
    survives(
        REFUSAL,
        "after work was done",
        None,
        "refusal",
        script=(LOOK,),
        outcome=Outcome.REFUSED,
        output=None,
        requests=2,
        reason="general_harms",
    ),
    survives(
        REFUSAL,
        "a fallback is configured; it gets no thinking of the other model",
        None,
        "refusal",
        agent=_with_fallback,
        script=(Reply.thinking("Tea, then.") + LOOK, DONE),
    ),
    survives(PAUSE, "once", "pause_turn", saw=(GO, says(_paused), says(LOOK), FOUND)),
    fails(
        PAUSE,
        "without end",
        *["pause_turn"] * 11,
        outcome=Outcome.PAUSED,
        reason="11 times",
        requests=11,
        saw=(GO, *[says(_paused)] * 10),
    ),
    fails(
        UNKNOWN,
        "a stop reason",
        "unknown_stop_reason:moonrise",
        script=(LOOK,),
        reason="'moonrise'",
        unfinished=("find",),
    ),
    survives(UNKNOWN, "a block", "unknown_block", saw=(GO, says(_hologram + LOOK), FOUND), requests=2),
    survives(UNKNOWN, "an event", "unknown_event", requests=2),
    survives(EMPTY, "after tool results", None, "empty", saw=(GO, says(LOOK), FOUND, hears(SAY_SOMETHING))),
    survives(
        EMPTY,
        "twice",
        None,
        "empty",
        "empty",
        saw=(GO, says(LOOK), FOUND, hears(SAY_SOMETHING)),
        script=(LOOK,),
        outcome=Outcome.EMPTY,
        output=None,
        reason="twice",
    ),
)
