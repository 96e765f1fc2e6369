"""Conversations that cannot go on unchanged: too long by now, or started with another agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentkit import Outcome
from agentkit.simulator import Reply
from benchmarks.faults.desk import find, worker
from benchmarks.faults.scenario import ANSWER, DONE, EARLIER, FOUND, GO, LOOK, PROMPT, Scenario, hears, says, survives

TOO_LONG = "Prompt too long (400, 413, window full)"
CHANGED = "Conversation that goes on after a change"

_LONG = Reply.failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")
_LARGE = Reply.failure(413, "request_too_large", "Request exceeds the maximum size")
_UNAVAILABLE = Reply.failure(400, "invalid_request_error", "compaction: Extra inputs are not permitted")
_SAID = "The tool said: tea costs 4 EUR."
_SUMMARY = Reply.text(_SAID)
_SIGNED = says(Reply.block({"type": "compaction", "content": _SAID, "tool_changes": [], "signature": ""}))
_NOTHING: dict[str, list[str]] = {name: [] for name in ("decisions", "done", "open_questions", "artifacts")}
_WRITTEN = Reply.output({"task": PROMPT, "facts": ["Tea costs 4 EUR."], "next_step": "", **_NOTHING})
_READ = hears(
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
    return survives(TOO_LONG, case, script=(LOOK, *script), **more)


SCENARIOS = (
    shortened("refused: the server writes a summary", _LONG, _SUMMARY, DONE, saw=(_SIGNED,), requests=4),
    shortened("larger than 32 MB", _LARGE, _SUMMARY, DONE, saw=(_SIGNED,), requests=4),
    shortened("the window is full", _SUMMARY, DONE, faults=(None, "context_exceeded"), saw=(_SIGNED,), requests=4),
    shortened(
        "no summary from the server: the model writes one",
        _LONG,
        _UNAVAILABLE,
        _WRITTEN,
        DONE,
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
        script=(_GREETING, LOOK, DONE),
        output=ANSWER,
        saw=(_MORNING, says(_GREETING), hears(_NEW_INSTRUCTIONS, PROMPT), says(LOOK), FOUND),
        requests=3,
        executed=("find tea",),
    ),
    Scenario(
        fault=CHANGED,
        case="a tool is gone",
        before=worker,
        agent=replace(worker, tools=[find]),
        script=(_GREETING, LOOK, DONE),
        output=ANSWER,
        saw=(_MORNING, says(_GREETING), hears(_TOOL_IS_GONE, PROMPT), says(LOOK), FOUND),
        requests=3,
        executed=("find tea",),
    ),
    Scenario(
        fault=CHANGED,
        case="another model and agent: no thinking of the first",
        before=replace(worker, name="predecessor", model="claude-sonnet-5-5"),
        script=(_GREETING, LOOK, DONE),
        output=ANSWER,
        saw=(_MORNING, says("Good morning."), GO, says(LOOK), FOUND),
        requests=3,
        executed=("find tea",),
    ),
)
