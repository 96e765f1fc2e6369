"""Turns with code that calls tools: which calls are its own, and which code waits."""

from __future__ import annotations

import pytest

from agentkit.messages.code_calls import is_called_by_code, open_code_calls
from agentkit.messages.message import Block
from tests.simulator.bodies import CALL, text
from tests.simulator.bodies_by_code import CODE_CALL, RAN, RUN

DIRECT: Block = {**CALL, "caller": {"type": "direct"}}
WEB: Block = {"type": "server_tool_use", "id": "s2", "name": "web_search", "input": {}}


@pytest.mark.parametrize(
    ("turn", "waiting"),
    [
        ([text()], ()),
        ([RUN], ()),
        ([RUN, RAN, DIRECT], ()),
        ([RUN, CODE_CALL], ("s1",)),
        ([CODE_CALL, {**CODE_CALL, "id": "t2"}], ("s1",)),
        ([RUN, DIRECT], ("s1",)),
        ([RAN, {**RUN, "id": "s3"}, CALL], ("s3",)),
        ([WEB, CALL], ()),
        ([{**CALL, "caller": "me"}], ()),
    ],
)
def test_code_waits_for_the_results_of_calls(turn: list[Block], waiting: tuple[str, ...]) -> None:
    assert open_code_calls(turn) == waiting


def test_a_call_says_who_made_it() -> None:
    assert [is_called_by_code(block) for block in (CALL, DIRECT, CODE_CALL, RUN)] == [False, False, True, False]
