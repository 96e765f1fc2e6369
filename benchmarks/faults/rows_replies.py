"""Replies that end too early, in an unknown way, or not at all; and replies with unknown blocks or events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agentkit import Outcome
from agentkit.loop.texts_for_model import EMPTY_REPLY_NOTE, TRUNCATED_RESULT
from agentkit.simulator import Reply
from benchmarks.faults.agents import Price, pricing, worker
from benchmarks.faults.scenario import (
    FINAL_REPLY,
    FIND_CALL,
    FIND_RESULT,
    PROMPT_MESSAGE,
    ScenarioResult,
    assistant_message,
    completes_despite,
    error_result,
    fails_for_good,
    ok_result,
    tool_call,
    user_message,
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


def _had_max_tokens(*tokens: int) -> Callable[[ScenarioResult], bool]:
    return lambda played: played.max_tokens_sent == list(tokens)


SCENARIOS = (
    completes_despite(CUT, "inside a call", "max_tokens:tool_use", also=_had_max_tokens(16_000, 64_000, 16_000)),
    completes_despite(CUT, "inside thinking", "max_tokens:thinking", also=_had_max_tokens(16_000, 64_000, 16_000)),
    completes_despite(
        CUT,
        "inside calls, again and again: a note asks for smaller pieces",
        *["max_tokens:tool_use"] * 3,
        script=(FIND_CALL, tool_call("c2", "find", word="tea"), FINAL_REPLY),
        saw=(
            PROMPT_MESSAGE,
            assistant_message(tool_call("c1", "find")),
            user_message(error_result("c1", TRUNCATED_RESULT)),
            assistant_message(tool_call("c2", "find", word="tea")),
            user_message(ok_result("c2", "tea: 4 EUR")),
        ),
        requests=5,
        also=_had_max_tokens(16_000, 64_000, 128_000, 16_000, 16_000),
    ),
    completes_despite(
        CUT,
        "inside a typed answer",
        None,
        "max_tokens:text",
        agent=pricing,
        script=(FIND_CALL, Reply.output(Price(4.0))),
        output=Price(4.0),
        otherwise=Reply.output(Price(5.0)),
    ),
    completes_despite(
        CUT,
        "inside the text of the answer",
        None,
        "max_tokens:text",
        outcome=Outcome.TRUNCATED,
        requests=2,
        output=None,
        reason="max_tokens",
    ),
    fails_for_good(
        REFUSAL,
        "no fallback",
        "refusal:bio,It is about germs.",
        outcome=Outcome.REFUSED,
        reason="bio: It is about germs.",
    ),
    completes_despite(
        REFUSAL,
        "after work was done",
        None,
        "refusal",
        script=(FIND_CALL,),
        outcome=Outcome.REFUSED,
        output=None,
        requests=2,
        reason="general_harms",
    ),
    completes_despite(
        REFUSAL,
        "a fallback is configured; it gets no thinking of the other model",
        None,
        "refusal",
        agent=_with_fallback,
        script=(Reply.thinking("Tea, then.") + FIND_CALL, FINAL_REPLY),
    ),
    completes_despite(
        PAUSE,
        "once",
        "pause_turn",
        saw=(PROMPT_MESSAGE, assistant_message(_paused), assistant_message(FIND_CALL), FIND_RESULT),
    ),
    fails_for_good(
        PAUSE,
        "without end",
        *["pause_turn"] * 11,
        outcome=Outcome.PAUSED,
        reason="11 times",
        requests=11,
        saw=(PROMPT_MESSAGE, *[assistant_message(_paused)] * 10),
    ),
    fails_for_good(
        UNKNOWN,
        "a stop reason",
        "unknown_stop_reason:moonrise",
        script=(FIND_CALL,),
        reason="'moonrise'",
        unfinished=("find",),
    ),
    completes_despite(
        UNKNOWN,
        "a block",
        "unknown_block",
        saw=(PROMPT_MESSAGE, assistant_message(_hologram + FIND_CALL), FIND_RESULT),
        requests=2,
    ),
    completes_despite(UNKNOWN, "an event", "unknown_event", requests=2),
    completes_despite(
        EMPTY,
        "after tool results",
        None,
        "empty",
        saw=(PROMPT_MESSAGE, assistant_message(FIND_CALL), FIND_RESULT, user_message(EMPTY_REPLY_NOTE)),
    ),
    completes_despite(
        EMPTY,
        "twice",
        None,
        "empty",
        "empty",
        saw=(PROMPT_MESSAGE, assistant_message(FIND_CALL), FIND_RESULT, user_message(EMPTY_REPLY_NOTE)),
        script=(FIND_CALL,),
        outcome=Outcome.EMPTY,
        output=None,
        reason="twice",
    ),
)
