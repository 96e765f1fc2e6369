"""Calls whose tool fails, hangs, returns unreadable results, or ends the program."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agentkit import Image, Outcome
from agentkit.history.refused_turn import REFUSED_TURN_NOTE
from agentkit.loop.texts_for_model import CANCELLED_RESULT, EFFECT_UNKNOWN_NOTE
from agentkit.messages.message import Content, JSONObject
from agentkit.simulator import Reply
from benchmarks.faults.agents import worker
from benchmarks.faults.faulty_tools import FAULTY_TOOLS, PNG, TEA, forget_result, tidy_up
from benchmarks.faults.scenario import (
    FINAL_REPLY,
    FIND_CALL,
    FIND_RESULT,
    PROMPT_MESSAGE,
    Scenario,
    ScenarioResult,
    assistant_message,
    completes_despite,
    error_result,
    fails_for_good,
    ok_result,
    tool_call,
    user_message,
)

EXCEPTION = "Exception in a tool"
HANG = "Tool that hangs"
RESULTS = "Huge, binary or unreadable results"
CHARACTERS = "Characters that no request can carry"
REFUSED_CONTENT = "Content that the API refuses"
CANCEL = "Cancelled in the middle of a tool"
BLOCKING = "Tool that blocks the event loop"
THREADS = "Threads beside the event loop"
INTERRUPT = "Ctrl-C or an exit inside a tool"
LEFT_OPEN = "Tool that leaves a cancel scope or task group open"
MIDDLEWARE = "Middleware that returns nothing"

_with_faulty_tools = replace(worker, tools=FAULTY_TOOLS)
_UNKNOWN = "Whether it took effect is not known: check before you repeat it."
_UNREADABLE = "Could not process image"
_NO_FORM = (
    "`strange` ran; its result cannot be shown: it holds an object, which has no JSON form. Calling it again would not "
    "help."
)
_FAILED = "`fail` failed with {} (error id X). Changing the arguments may not help. " + _UNKNOWN


def parallel_to_success(
    fault: str, case: str, second: Reply, content: Content, did: str, *, is_error: bool = True
) -> Scenario:
    """A failing call parallel to one that succeeds: each has its result."""
    both = tool_call("c1", "find", word="tea") + second
    result = error_result("c2", content) if is_error else ok_result("c2", content)
    return completes_despite(
        fault,
        case,
        agent=_with_faulty_tools,
        script=(both, FINAL_REPLY),
        saw=(PROMPT_MESSAGE, assistant_message(both), user_message(ok_result("c1", "tea: 4 EUR"), result)),
        requests=2,
        executed=("find tea", did),
    )


def _fails(case: str, how: str, kind: str) -> Scenario:
    return parallel_to_success(EXCEPTION, case, tool_call("c2", "fail", how=how), _FAILED.format(kind), f"fail {how}")


def _returns(fault: str, case: str, what: str, content: Content, *, is_error: bool = False) -> Scenario:
    return parallel_to_success(
        fault, case, tool_call("c2", "strange", what=what), content, f"return {what}", is_error=is_error
    )


def _stopped(fault: str, case: str, stopping: Reply, did: str, outcome: str, **more: Any) -> Scenario:
    """The run ends while a call is running: that one has its result, too, so that the conversation can go on."""
    return Scenario(
        fault=fault,
        case=case,
        agent=_with_faulty_tools,
        script=(FIND_CALL, stopping),
        outcome=outcome,
        saw=(
            PROMPT_MESSAGE,
            assistant_message(FIND_CALL),
            FIND_RESULT,
            assistant_message(stopping),
            user_message(error_result("c2", f"{CANCELLED_RESULT} {EFFECT_UNKNOWN_NOTE}")),
        ),
        requests=2,
        executed=("find tea", did),
        **more,
    )


def _is_named(played: ScenarioResult) -> bool:
    return any("blocked the event loop" in line and "'block'" in line for line in played.log)


def _has_line(text: str) -> Callable[[ScenarioResult], bool]:
    return lambda played: any(text in line for line in played.log)


def _peek(request: JSONObject) -> Reply:
    """Read the end of the result under the handle that it names."""
    handle = re.search(r"artifact-[\d-]+", str(request["messages"][-1]["content"]))
    return tool_call("c3", "peek_artifact", artifact=handle[0] if handle else "", start=199_996)


def _huge() -> Scenario:
    """The model sees head and tail, and reads on under the handle."""
    text = (
        "[112,500 of 200,000 characters left out here. All is kept as artifact-2: `peek_artifact` reads on with "
        "start=61249, `search_artifact` finds words in it.]"
    )
    clipped = f"{TEA[:61_249]}\n{text}\n{TEA[-26_251:]}"
    scenario = _returns(RESULTS, "huge: the model reads on", "huge", clipped)
    peek = tool_call("c3", "peek_artifact", artifact="artifact-2", start=199_996)
    end = "[artifact-2, characters 199996 to 200000 of 200000. This is its end.]\ntea "
    saw = (*scenario.saw, assistant_message(peek), user_message(ok_result("c3", end)))
    return scenario.with_changes(script=(scenario.script[0], _peek, FINAL_REPLY), saw=saw, requests=3)


_NO_IMAGE = (
    "`strange` made content that cannot be sent. This image is no PNG, JPEG, GIF or WebP image, the kinds that the API "
    "takes: it begins with b'<html>'."
)
_NO_TOOL = (
    "[The call ran, but a part of its result cannot be sent: The API refused the tool_reference block (nope): Tool "
    "reference 'nope' has no corresponding tool definition.]\n\nHere it is."
)
_NAME = "tool_use.name: String should match pattern '^[a-z]+$'"
_TURN_NOTE = REFUSED_TURN_NOTE.format(
    reason="String should match pattern '^[a-z]+$'",
    more=" So do the results of its calls, which were executed: do not repeat them for that.",
)
SCENARIOS = (
    fails_for_good(
        REFUSED_CONTENT,
        "a message: it is taken back",
        script=(Reply.failure(400, "invalid_request_error", f"messages.0.content.0.image: {_UNREADABLE}"),),
        reason=_UNREADABLE,
    ),
    _returns(
        REFUSED_CONTENT, "a picture that is none: named before it is sent", "no picture", _NO_IMAGE, is_error=True
    ),
    _returns(
        REFUSED_CONTENT, "a reference to no tool: replaced, and sent again", "reference", _NO_TOOL, is_error=True
    ).with_changes(requests=3, is_refused=True),
    completes_despite(
        REFUSED_CONTENT,
        "a turn of the model: it goes back as text",
        script=(FIND_CALL, Reply.failure(400, "invalid_request_error", f"messages.1.content.0.{_NAME}"), FINAL_REPLY),
        saw=(
            PROMPT_MESSAGE,
            assistant_message('[Call of `find`: {"word":"tea"}]'),
            user_message(_TURN_NOTE, "[Result of `find`:]", "tea: 4 EUR"),
        ),
    ),
    completes_despite(
        REFUSED_CONTENT,
        "thinking: it is left out",
        script=(
            Reply.thinking("Tea, then.") + FIND_CALL,
            Reply.failure(
                400, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block"
            ),
            FINAL_REPLY,
        ),
    ),
    _fails("its text stays here", "plain", "an internal error"),
    _fails("a connection", "connection", "a connection failure"),
    _fails("an exception group", "group", "an internal error"),
    _fails("without end into itself", "recursion", "an internal error"),
    parallel_to_success(
        EXCEPTION, "one that passes, and retries=", tool_call("c2", "stumble"), "well", "stumble", is_error=False
    ).with_changes(executed=("find tea", "stumble", "stumble")),
    parallel_to_success(
        EXCEPTION,
        "one meant for the model",
        tool_call("c2", "fail", how="no"),
        "Only 5 are left. Order fewer.",
        "fail no",
    ),
    parallel_to_success(
        EXCEPTION, "one named in raises=", tool_call("c2", "look_up", item="x"), "no such item: x", "look up x"
    ),
    parallel_to_success(
        HANG, "async", tool_call("c2", "wait"), f"`wait` timed out after 0.1 s and was stopped. {_UNKNOWN}", "wait"
    ),
    parallel_to_success(
        HANG, "in a thread", tool_call("c2", "work_on"), "`work_on` timed out after 0.1 s and was stopped.", "work on"
    ),
    parallel_to_success(
        HANG,
        "in a program that it started",
        tool_call("c2", "run_program"),
        "`run_program` timed out after 0.3 s and was stopped.",
        "run program",
    ),
    parallel_to_success(
        HANG,
        "where no cancellation reaches it",
        tool_call("c2", "hold"),
        f"`hold` timed out after 0.1 s and its result came too late. {_UNKNOWN}",
        "hold",
    ).with_changes(also=_has_line("`hold` ended")),
    parallel_to_success(
        THREADS,
        "progress from a pool",
        tool_call("c2", "count_threads"),
        "three",
        "count",
        is_error=False,
    ),
    parallel_to_success(
        THREADS,
        "progress of a thread that outlived its call",
        tool_call("c2", "report_late"),
        "`report_late` timed out after 0.1 s and was stopped.",
        "report late",
    ),
    parallel_to_success(
        LEFT_OPEN,
        "closed, and named in the log",
        tool_call("c2", "open_session"),
        "`open_session` failed with an internal error (error id X). Changing the arguments may not help.",
        "open session",
    ).with_changes(also=_has_line("The tool `open_session` left a cancel scope or a task group open")),
    Scenario(
        fault=MIDDLEWARE,
        case="around a tool",
        agent=replace(_with_faulty_tools, around_tool=[forget_result]),
        script=(FIND_CALL,),
        outcome=Outcome.FAILED,
        reason="The middleware `forget_result` (around_tool) returned nothing",
        saw=(PROMPT_MESSAGE,),
        requests=1,
        executed=("find tea",),
    ),
    parallel_to_success(
        BLOCKING, "named in the log", tool_call("c2", "block"), "done", "block", is_error=False
    ).with_changes(also=_is_named),
    _huge(),
    _returns(RESULTS, "not UTF-8", "bytes", "[6 bytes that are not UTF-8 text, kept as artifact-2]"),
    _returns(RESULTS, "a picture", "picture", [Image(PNG, "image/png").to_block()]),
    _returns(RESULTS, "nothing", "nothing", "Done."),
    _returns(RESULTS, "not a number", "nan", '{"price":"NaN"}'),
    _returns(RESULTS, "what has no JSON form", "object", _NO_FORM, is_error=True),
    _returns(
        CHARACTERS,
        "half of a surrogate pair, and control characters",
        "surrogate",
        "tea \ufffd costs\ufffd 4\n[2 characters that cannot be sent were replaced by \ufffd]",
    ),
    _stopped(CANCEL, "from outside", tool_call("c2", "cancel"), "cancel", Outcome.CANCELLED, unfinished=("cancel",)),
    _stopped(
        CANCEL, "middleware cleans up", tool_call("c2", "cancel"), "cancel", Outcome.CANCELLED, unfinished=("cancel",)
    ).with_changes(
        agent=replace(_with_faulty_tools, around_tool=[tidy_up]),
        executed=("find tea", "tidied up find", "cancel", "tidied up cancel"),
    ),
    _stopped(INTERRUPT, "Ctrl-C", tool_call("c2", "leave", how="Ctrl-C"), "leave by Ctrl-C", "KeyboardInterrupt"),
    _stopped(INTERRUPT, "an exit", tool_call("c2", "leave", how="exit"), "leave by exit", "SystemExit"),
)
