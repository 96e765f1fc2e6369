"""The fixed texts that the loop sends to the model: notes behind a user message, and results of calls not run."""

from __future__ import annotations

from agentkit.tools.reserved_names import ANSWER_TOOL

OVER_BUDGET_NOTE = "The budget of this run is nearly used up."
FINAL_TURN_NOTE = "This is your last turn: no further tool calls are possible. Give the best answer you can now."
FINAL_TURN_BY_TOOL_NOTE = (
    f"This is your last turn: call `{ANSWER_TOOL}` now with the best answer you can give. No other call will run."
)
EMPTY_REPLY_NOTE = "Your last reply was empty. Please go on, or give your answer."
CALL_ANSWER_TOOL_NOTE = f"Your answer has to come as a call of the tool `{ANSWER_TOOL}`. Call it now."
TRUNCATED_RESULT = (
    "Not executed: your reply was cut off at its length limit before it was complete. Send smaller pieces: fewer calls "
    "in one turn, shorter arguments."
)
OUT_OF_TIME_RESULT = "Stopped: the time of this run is over."
CANCELLED_RESULT = "Cancelled."
EFFECT_UNKNOWN_NOTE = "Whether it took effect is not known."
"""Stands behind the two results above, except for a tool that only reads."""
REPEATED_FAILURE_NOTE = (
    "This same call has now failed {count} times. It will not succeed as it is: change its arguments, use another "
    "tool, or go on without it."
)
CONTAINER_GONE_NOTE = (
    "The container in which your code ran is gone, with all files in it. Code runs in a new, empty one from now on."
)
GIVEN_UP_REASON = "A guardrail has a note for the model, with which it is asked again."
"""The reason why a reply is requested again with the note of a caution; nothing of it was shown or done."""
