"""Calls that the API has not finished get the error results that it takes from a client."""

from __future__ import annotations

import pytest

from agentkit.messages.message import Block, Message, user
from agentkit.messages.server_calls import last_turn, results_for_open_calls
from agentkit.simulator.rules import refuse
from tests.simulator.bodies import CALL, HI, RESULT, ask, body, say, text
from tests.simulator.bodies_by_code import CODE_CALL, RAN, RUN


def started(name: str, kind: str = "server_tool_use") -> Block:
    more = {"server_name": "shop"} if kind == "mcp_tool_use" else {}
    return {"type": kind, "id": "s9", "name": name, "input": {}, **more}


@pytest.mark.parametrize(
    ("turn", "kinds"),
    [
        ([text()], []),
        ([RUN, RAN, CALL], []),
        ([text(), started("web_search")], ["web_search_tool_result"]),
        ([started("tool_search_tool_bm25")], ["tool_search_tool_result"]),
        ([started("bash_code_execution")], ["bash_code_execution_tool_result"]),
        ([started("find", "mcp_tool_use")], ["mcp_tool_result"]),
        ([RUN, CODE_CALL, started("web_fetch")], ["code_execution_tool_result", "web_fetch_tool_result"]),
        ([CODE_CALL], ["code_execution_tool_result"]),
    ],
)
def test_each_open_call_gets_an_error_that_the_api_takes(turn: list[Block], kinds: list[str]) -> None:
    results = results_for_open_calls(turn)
    assert [result["type"] for result in results] == kinds
    calls = [block for block in turn if block["type"] == "tool_use"]
    before = [say(RUN)] if turn == [CODE_CALL] else []
    said = [HI, *before, say(*turn), *([ask(RESULT)] if calls else []), *([say(*results)] if results else []), HI]
    assert refuse(body(*said)) is None


def test_the_last_turn_may_be_several_messages() -> None:
    messages = [user("Hi"), Message.of("assistant", "One."), user("Go on"), Message.of("assistant", [RUN])]
    messages += [Message.of("assistant", "Two."), user([RESULT])]
    assert last_turn(messages) == [RUN, text("Two.")]
    assert last_turn(messages[:1]) == last_turn([]) == []
