"""Thinking is bound to what came before it: whole and unchanged, or refused."""

from __future__ import annotations

import copy

import pytest

from agentkit.messages import JSONObject
from agentkit.simulator.binding import sign
from agentkit.simulator.rules import refuse
from tests.simulator.bodies import MARK, TOOL, ask, body, say, text

ASKED = body(ask(text("Hi")), system="Be brief.", tools=[TOOL])


def echoed() -> JSONObject:
    content: list[JSONObject] = [{"type": "thinking", "thinking": "Hm.", "signature": ""}, text("Yes.")]
    sign(ASKED, content)
    return body(ask(text("Hi")), say(*content), ask(text("And?")), system="Be brief.", tools=[TOOL])


def test_a_turn_that_comes_back_whole_is_taken() -> None:
    assert refuse(echoed()) is None


def test_cache_markers_and_the_order_of_keys_are_no_change() -> None:
    request = echoed()
    request["messages"][0]["content"][0] = {**MARK, "text": "Hi", "type": "text"}
    assert refuse(request) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda request: request.update(system="Be brief. Today is Monday."),
        lambda request: request.update(tools=[]),
        lambda request: request["messages"][0]["content"][0].update(text="Hello"),
        lambda request: request["messages"].insert(0, ask(text("Earlier"))),
        lambda request: request["messages"][1]["content"][0].update(thinking="Well."),
        lambda request: request["messages"][1]["content"][0].update(signature="sim_x"),
        lambda request: request["messages"][1]["content"].reverse(),
    ],
)
def test_any_change_before_it_is_refused_in_the_apis_words(change: object) -> None:
    request = copy.deepcopy(echoed())
    change(request)  # type: ignore[operator]  # a function of the request
    refusal = refuse(request)
    assert refusal is not None
    assert "Invalid `signature` in `thinking` block. The block is bound to a different conversation." in refusal.message


def test_older_models_do_not_check() -> None:
    assert refuse({**echoed(), "system": "Other.", "model": "claude-sonnet-4-6"}) is None
