"""Calls that cannot be executed as the model wrote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from agentkit import Outcome, RunContext, tool
from agentkit.loop.actions import FAILED_AGAIN
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from benchmarks.faults.desk import Desk, find, worker
from benchmarks.faults.scenario import (
    ANSWER,
    DONE,
    FOUND,
    GO,
    LOOK,
    Scenario,
    call,
    fails,
    hears,
    no,
    ok,
    says,
    survives,
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
async def order_lines(ctx: RunContext[Desk], lines: list[Line]) -> str:
    """Order several things."""
    for line in lines:
        ctx.deps.did(f"order {line.count} {line.item}")
    return "ordered"


def repaired(fault: str, case: str, first: Reply, told: str, *faults: str, **more: Any) -> Scenario:
    """The first call is not executed, its result says why, and the model makes a better one."""
    again = call("c2", "find", word="tea")
    plain = Scenario(
        fault=fault,
        case=case,
        script=(first, again, DONE),
        faults=faults,
        output=ANSWER,
        saw=(GO, says(first), hears(no("c1", told)), says(again), hears(ok("c2", "tea: 4 EUR"))),
        requests=3,
        executed=("find tea",),
    )
    return replace(plain, **more)


def no_json(fault: str, case: str, fault_word: str, told: str) -> Scenario:
    """The text of the first call's input is damaged on its way; it goes back as an empty object."""
    scenario = repaired(fault, case, call("c1", "find"), _not_one_object(told), fault_word)
    return scenario.but(script=(LOOK, *scenario.script[1:]))


def not_strict(case: str, text: str, why: str) -> Scenario:
    """The model writes the input in a text that is no JSON to the letter."""
    shown = Reply.block({"type": "tool_use", "id": "toolu_00", "name": "find", "input": {}})
    head = text if len(text) <= 200 else f"{text[:200]}..."
    told = no("toolu_00", _not_one_object(f"{head} ({why})"))
    scenario = repaired(LENIENT, case, shown, "")
    script = (Reply.tool_text("find", text), *scenario.script[1:])
    return scenario.but(script=script, saw=(GO, says(shown), hears(told), *scenario.saw[3:]))


def without_end(fault: str, name: str, arguments: JSONObject, told: str) -> Scenario:
    """The model repeats one failing call: the third result has a note, the fourth call is not executed."""
    calls = [call(f"c{n}", name, **arguments) for n in range(1, 5)]
    results = [told, told, f"{told}\n{FAILED_AGAIN.format(count=3)}"]
    turns = [
        (says(made), hears(no(f"c{n}", said))) for n, (made, said) in enumerate(zip(calls, results, strict=False), 1)
    ]
    return Scenario(
        fault=fault,
        case="the same call without end",
        script=tuple(calls),
        outcome=Outcome.LIVELOCK,
        reason=f"`{name}` failed 3 times and was made again",
        saw=(GO, *(message for turn in turns for message in turn)),
        requests=4,
        unfinished=(name,),
    )


def _not_one_object(told: str) -> str:
    return (
        f"The arguments of `find` are not one JSON object, so nothing was executed. They began: {told}. "
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
    repaired(UNKNOWN_TOOL, "misspelt", call("c1", "fnd", word="tea"), _misspelt),
    without_end(UNKNOWN_TOOL, "fnd", {"word": "tea"}, _misspelt),
    repaired(
        ARGUMENTS,
        "a wrong type",
        call("c1", "find", word=["tea"]),
        f'{_not_fitting}\n- word: expected a string, got ["tea"]',
    ),
    repaired(ARGUMENTS, "a wrong name", call("c1", "find", wrod="tea"), f"{_not_fitting}\n{_wrong_name}"),
    without_end(ARGUMENTS, "find", {"wrod": "tea"}, f"{_not_fitting}\n{_wrong_name}"),
    survives(
        STRINGS,
        "a list of objects",
        agent=replace(worker, tools=[find, order_lines]),
        script=(call("c1", "order_lines", lines='[{"item": "tea", "count": 2}]'), DONE),
        saw=(
            GO,
            says(call("c1", "order_lines", lines='[{"item": "tea", "count": 2}]')),
            hears(ok("c1", "ordered")),
        ),
        requests=2,
        executed=("order 2 tea",),
    ),
    survives(IDS, "in one turn", "duplicate_ids"),
    survives(
        IDS,
        "that of an earlier turn",
        script=(LOOK, call("c1", "order", item="tea"), call("c2", "order", item="tea"), DONE),
        saw=(GO, says(LOOK), FOUND, says(call("c2", "order", item="tea")), hears(ok("c2", "ordered 1 tea"))),
        requests=4,
        executed=("find tea", "order 1 tea"),
    ),
    fails(
        IDS,
        "without end",
        *["duplicate_ids"] * 3,
        script=(LOOK,),
        requests=3,
        reason="again and again",
        executed=("find tea",),  # it only reads, and began before the id came again
    ),
)
