"""Calls that cannot be executed as the model wrote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from agentkit import Outcome, RunContext, tool
from agentkit.loop.texts_for_model import REPEATED_FAILURE_NOTE
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from benchmarks.faults.agents import Deps, find, worker
from benchmarks.faults.scenario import (
    FINAL_ANSWER,
    FINAL_REPLY,
    FIND_CALL,
    FIND_RESULT,
    PROMPT_MESSAGE,
    Scenario,
    assistant_message,
    completes_despite,
    error_result,
    fails_for_good,
    ok_result,
    tool_call,
    user_message,
)

NO_JSON = "Tool input that is cut off or no JSON"
LENIENT = "JSON that only lenient parsers take"
UNKNOWN_TOOL = "Unknown tool"
ARGUMENTS = "Arguments that do not fit"
STRINGS = "Objects and lists that come as strings"
IDS = "Call ids that repeat"


@dataclass
class Line:
    """One line of an order."""

    item: str
    count: int = 1


@tool(effect="write")
async def order_lines(ctx: RunContext[Deps], lines: list[Line]) -> str:
    """Order several things."""
    for line in lines:
        ctx.deps.record(f"order {line.count} {line.item}")
    return "ordered"


def repaired(fault: str, case: str, first: Reply, error_text: str, *faults: str, **more: Any) -> Scenario:
    """The first call is not executed, its result says why, and the model makes a better one."""
    again = tool_call("c2", "find", word="tea")
    plain = Scenario(
        fault=fault,
        case=case,
        script=(first, again, FINAL_REPLY),
        faults=faults,
        output=FINAL_ANSWER,
        saw=(
            PROMPT_MESSAGE,
            assistant_message(first),
            user_message(error_result("c1", error_text)),
            assistant_message(again),
            user_message(ok_result("c2", "tea: 4 EUR")),
        ),
        requests=3,
        executed=("find tea",),
    )
    return replace(plain, **more)


def no_json(fault: str, case: str, fault_word: str, error_text: str) -> Scenario:
    """The text of the first call's input is damaged on its way; it goes back as an empty object."""
    scenario = repaired(fault, case, tool_call("c1", "find"), _not_one_object(error_text), fault_word)
    return scenario.with_changes(script=(FIND_CALL, *scenario.script[1:]))


def not_strict(case: str, text: str, why: str) -> Scenario:
    """The model writes the input in a text that is no JSON to the letter."""
    shown = Reply.block({"type": "tool_use", "id": "toolu_00", "name": "find", "input": {}})
    head = text if len(text) <= 200 else f"{text[:200]}..."
    expected_result = error_result("toolu_00", _not_one_object(f"{head} ({why})"))
    scenario = repaired(LENIENT, case, shown, "")
    script = (Reply.tool_text("find", text), *scenario.script[1:])
    return scenario.with_changes(
        script=script, saw=(PROMPT_MESSAGE, assistant_message(shown), user_message(expected_result), *scenario.saw[3:])
    )


def without_end(fault: str, name: str, arguments: JSONObject, error_text: str) -> Scenario:
    """The model repeats one failing call: the third result has a note, the fourth call is not executed."""
    calls = [tool_call(f"c{n}", name, **arguments) for n in range(1, 5)]
    results = [error_text, error_text, f"{error_text}\n{REPEATED_FAILURE_NOTE.format(count=3)}"]
    turns = [
        (assistant_message(made), user_message(error_result(f"c{n}", said)))
        for n, (made, said) in enumerate(zip(calls, results, strict=False), 1)
    ]
    return Scenario(
        fault=fault,
        case="the same call without end",
        script=tuple(calls),
        outcome=Outcome.LIVELOCK,
        reason=f"`{name}` failed 3 times and was made again",
        saw=(PROMPT_MESSAGE, *(message for turn in turns for message in turn)),
        requests=4,
        unfinished=(name,),
    )


def _not_one_object(beginning: str) -> str:
    return (
        f"The arguments of `find` are not one JSON object, so nothing was executed. They began: {beginning}. "
        "Call it again with one complete JSON object."
    )


_misspelt = (
    "There is no tool `fnd`. Did you mean `find`? Nothing was executed. "
    "The tools are: find, order, peek_artifact, search_artifact, read_artifact."
)
_endless = '{"word": ' + "9" * 5_000 + "}"
_not_fitting = "Invalid arguments for tool `find`. Nothing was executed. Fix these and call `find` again:"
_wrong_name = "- word: missing; expected a string\n- wrod: unknown key; did you mean `word`? Valid keys: `word`"

SCENARIOS = (
    no_json(
        NO_JSON,
        "cut off, and the turn ends as usual",
        "truncated_json",
        "{\"word\" (Expecting ':' delimiter: line 1 column 8 (char 7))",
    ),
    no_json(
        NO_JSON, "not JSON", "invalid_json", '{"word":"tea", "x": tru e} (Expecting value: line 1 column 21 (char 20))'
    ),
    no_json(
        LENIENT, "a key twice", "duplicate_keys", '{"word":"tea", "word": "tea"} (the key \'word\' is given twice)'
    ),
    not_strict("not a number", '{"word": NaN}', "NaN is not JSON"),
    not_strict("infinity", '{"word": -Infinity}', "-Infinity is not JSON"),
    not_strict("a float out of range", '{"word": 1e999}', "1e999 is out of range"),
    not_strict("half of a surrogate pair", '{"word": "\\ud800"}', "half of a surrogate pair stands alone in a string"),
    not_strict("an integer without end", _endless, "an integer of 5,000 digits is out of range"),
    repaired(UNKNOWN_TOOL, "misspelt", tool_call("c1", "fnd", word="tea"), _misspelt),
    without_end(UNKNOWN_TOOL, "fnd", {"word": "tea"}, _misspelt),
    repaired(
        ARGUMENTS,
        "a wrong type",
        tool_call("c1", "find", word=["tea"]),
        f'{_not_fitting}\n- word: expected a string, got ["tea"]',
    ),
    repaired(ARGUMENTS, "a wrong name", tool_call("c1", "find", wrod="tea"), f"{_not_fitting}\n{_wrong_name}"),
    without_end(ARGUMENTS, "find", {"wrod": "tea"}, f"{_not_fitting}\n{_wrong_name}"),
    completes_despite(
        STRINGS,
        "a list of objects",
        agent=replace(worker, tools=[find, order_lines]),
        script=(tool_call("c1", "order_lines", lines='[{"item": "tea", "count": 2}]'), FINAL_REPLY),
        saw=(
            PROMPT_MESSAGE,
            assistant_message(tool_call("c1", "order_lines", lines='[{"item": "tea", "count": 2}]')),
            user_message(ok_result("c1", "ordered")),
        ),
        requests=2,
        executed=("order 2 tea",),
    ),
    completes_despite(IDS, "in one turn", "duplicate_ids"),
    completes_despite(
        IDS,
        "those of an earlier turn: the server numbers anew",
        script=(FIND_CALL, tool_call("c1", "order", item="tea"), FINAL_REPLY),
        saw=(
            PROMPT_MESSAGE,
            assistant_message(FIND_CALL),
            FIND_RESULT,
            assistant_message(tool_call("c1", "order", item="tea")),
            user_message(ok_result("c1", "ordered 1 tea")),
        ),
        requests=3,
        executed=("find tea", "order 1 tea"),
    ),
    fails_for_good(
        IDS,
        "without end",
        *["duplicate_ids"] * 3,
        script=(FIND_CALL,),
        requests=3,
        reason="again and again",
        executed=("find tea",),  # it only reads, and began before the id came again
    ),
)
