"""Thinking is bound to what came before it: whole and unchanged, or refused."""

from __future__ import annotations

import copy

import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator.model_behavior.thinking_signatures import sign_thinking
from agentkit.simulator.rules import Edition, refuse
from tests.simulator.bodies import MARK, TOOL, ask, body, say, text

ASKED = body(ask(text("Hi")), system="Be brief.", tools=[TOOL])


def echoed() -> JSONObject:
    content: list[JSONObject] = [{"type": "thinking", "thinking": "Hm.", "signature": ""}, text("Yes.")]
    sign_thinking(ASKED, content)
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


def test_blocks_that_no_longer_fit_are_dropped_where_that_is_asked_for() -> None:
    controls = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
    request = {**echoed(), "system": "Other.", "thinking": controls}
    assert refuse(request, Edition(betas=frozenset({"thinking-binding-controls-2026-08-01"}))) is None
    refusal = refuse(request)
    assert refusal is not None
    assert refusal.message == "thinking.block_binding: Extra inputs are not permitted"


def two_turns() -> JSONObject:
    request = echoed()
    content: list[JSONObject] = [{"type": "thinking", "thinking": "Hm again.", "signature": ""}, text("No.")]
    sign_thinking(request, content)
    request["messages"] += [say(*content), ask(text("Well?"))]
    return request


def test_thinking_of_several_turns_is_taken_whole() -> None:
    assert refuse(two_turns()) is None


def test_thinking_may_not_be_left_out_before_other_thinking() -> None:
    request = two_turns()
    del request["messages"][1]["content"][0]
    refusal = refuse(request)
    assert refusal is not None
    assert refusal.message.startswith("messages.3.content.0: Invalid `signature` in `thinking` block.")


def test_thinking_may_be_left_out_altogether() -> None:
    request = two_turns()
    for i in (1, 3):
        del request["messages"][i]["content"][0]
    assert refuse(request) is None
