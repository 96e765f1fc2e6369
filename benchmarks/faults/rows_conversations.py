"""Conversations that cannot go on unchanged: too long by now, or started with another agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentkit import Outcome
from agentkit.simulator import Reply
from benchmarks.faults.agents import find, worker
from benchmarks.faults.scenario import (
    EARLIER,
    FINAL_ANSWER,
    FINAL_REPLY,
    FIND_CALL,
    FIND_RESULT,
    PROMPT,
    PROMPT_MESSAGE,
    Scenario,
    assistant_message,
    completes_despite,
    user_message,
)

TOO_LONG = "Prompt too long (400, 413, window full)"
CHANGED = "Conversation that goes on after a change"

_LONG = Reply.failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")
_LARGE = Reply.failure(413, "request_too_large", "Request exceeds the maximum size")
_UNAVAILABLE = Reply.failure(400, "invalid_request_error", "compaction: Extra inputs are not permitted")
_SAID = "The tool said: tea costs 4 EUR."
_SUMMARY = Reply.text(_SAID)
_SIGNED = assistant_message(Reply.block({"type": "compaction", "content": _SAID, "tool_changes": [], "signature": ""}))
_NOTHING: dict[str, list[str]] = {name: [] for name in ("decisions", "done", "open_questions", "artifacts")}
_WRITTEN = Reply.output({"task": PROMPT, "facts": ["Tea costs 4 EUR."], "next_step": "", **_NOTHING})
_READ = user_message(
    PROMPT,
    "The conversation up to here no longer fitted into the window. This is what came of it:\n\n"
    f"Task:\n- {PROMPT}\n\nFacts:\n- Tea costs 4 EUR.",
    "What the last calls brought:\n- tea: 4 EUR",
)


_MORNING = {"role": "user", "content": EARLIER}
_GREETING = Reply.thinking("A greeting.") + Reply.text("Good morning.")
_NEW_INSTRUCTIONS = "Your instructions have changed. From now on, instead of the earlier ones:\nYou work. Be quick."
_TOOL_IS_GONE = "These tools are no longer available: order. Do not call them any more."


def shortened(case: str, *script: Reply, **more: Any) -> Scenario:
    """The second request is too long."""
    return completes_despite(TOO_LONG, case, script=(FIND_CALL, *script), **more)


SCENARIOS = (
    shortened("refused: the server writes a summary", _LONG, _SUMMARY, FINAL_REPLY, saw=(_SIGNED,), requests=4),
    shortened("larger than 32 MB", _LARGE, _SUMMARY, FINAL_REPLY, saw=(_SIGNED,), requests=4),
    shortened(
        "the window is full", _SUMMARY, FINAL_REPLY, faults=(None, "context_exceeded"), saw=(_SIGNED,), requests=4
    ),
    shortened(
        "no summary from the server: the model writes one",
        _LONG,
        _UNAVAILABLE,
        _WRITTEN,
        FINAL_REPLY,
        saw=(_READ,),
        requests=5,
    ),
    shortened(
        "nothing helps",
        _LONG,
        _SUMMARY,
        _LONG,
        saw=(_SIGNED,),
        requests=4,
        outcome=Outcome.CONTEXT_EXCEEDED,
        output=None,
        reason="prompt is too long",
    ),
    Scenario(
        fault=CHANGED,
        case="new instructions: a change notice at the end",
        before=worker,
        agent=replace(worker, instructions="You work. Be quick."),
        script=(_GREETING, FIND_CALL, FINAL_REPLY),
        output=FINAL_ANSWER,
        saw=(
            _MORNING,
            assistant_message(_GREETING),
            user_message(_NEW_INSTRUCTIONS, PROMPT),
            assistant_message(FIND_CALL),
            FIND_RESULT,
        ),
        requests=3,
        executed=("find tea",),
    ),
    Scenario(
        fault=CHANGED,
        case="a tool is gone",
        before=worker,
        agent=replace(worker, tools=[find]),
        script=(_GREETING, FIND_CALL, FINAL_REPLY),
        output=FINAL_ANSWER,
        saw=(
            _MORNING,
            assistant_message(_GREETING),
            user_message(_TOOL_IS_GONE, PROMPT),
            assistant_message(FIND_CALL),
            FIND_RESULT,
        ),
        requests=3,
        executed=("find tea",),
    ),
    Scenario(
        fault=CHANGED,
        case="another model and agent: no thinking of the first",
        before=replace(worker, name="predecessor", model="claude-sonnet-5-5"),
        script=(_GREETING, FIND_CALL, FINAL_REPLY),
        output=FINAL_ANSWER,
        saw=(_MORNING, assistant_message("Good morning."), PROMPT_MESSAGE, assistant_message(FIND_CALL), FIND_RESULT),
        requests=3,
        executed=("find tea",),
    ),
)
