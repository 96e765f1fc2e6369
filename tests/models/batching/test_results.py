"""The results of a batch, as stream events and as errors."""

from __future__ import annotations

import pytest

from agentkit import ModelError
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.messages.strict_json import ExactFloat
from agentkit.models.batching.results import events_of_message, message_of
from agentkit.models.stream_accumulator import StreamAccumulator

pytestmark = pytest.mark.anyio

USAGE: JSONObject = {"input_tokens": 3, "output_tokens": 2}
MESSAGE: JSONObject = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": USAGE,
}


async def turn_of(*content: JSONObject, **fields: object) -> AssistantTurn:
    accumulator = StreamAccumulator()
    async for event in events_of_message({**MESSAGE, "content": [*content], **fields}):
        accumulator.feed(event)
    return accumulator.turn()


async def test_a_message_becomes_the_same_turn_as_a_streamed_reply() -> None:
    text = {"type": "text", "text": "Yes.", "citations": [{"type": "char_location", "cited_text": "Y"}]}
    call = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"text": "\u2028é", "number": 1.5}}
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    found = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    turn = await turn_of(
        thinking, text, found, call, stop_reason="tool_use", container={"id": "c"}, stop_details={"type": "x"}
    )
    assert turn.content == [thinking, text, found, call]
    assert (turn.stop_reason, turn.model, turn.id, turn.container, turn.stop_details) == (
        "tool_use", "claude-haiku-5-5", "msg_1", {"id": "c"}, {"type": "x"},
    )  # fmt: skip
    assert turn.usage == {"service_tier": "batch", **USAGE}


async def test_the_numbers_of_an_input_keep_their_digits_and_what_is_no_json_is_told_to_the_model() -> None:
    exact = ExactFloat("0.1000000000000000055511151231257827")
    turn = await turn_of({"type": "tool_use", "id": "t", "name": "pay", "input": {"usd": [exact], "at": 2}})
    assert turn.input_texts == {0: f'{{"usd":[{exact.text}],"at":2}}'}
    turn = await turn_of({"type": "tool_use", "id": "t", "name": "pay", "input": {"usd": float("nan")}})
    assert turn.content[0]["input"] == {}
    assert "NaN" in turn.invalid_inputs[0]


def errored(kind: str) -> JSONObject:
    return {"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": "m"}}}


@pytest.mark.parametrize(
    ("result", "kind", "status", "is_retryable"),
    [
        ({"type": "expired"}, "batch_expired", None, True),
        ({"type": "canceled"}, "batch_canceled", None, False),
        (errored("overloaded_error"), "overloaded_error", 529, True),
        (errored("not_found_error"), "not_found_error", 404, False),
        (errored("new_error"), "new_error", None, True),
        ({"type": "errored"}, "api_error", 500, True),
        ({"type": "succeeded"}, "protocol_error", None, False),
        ({}, "protocol_error", None, False),
    ],
)
def test_a_result_without_a_message_is_an_error(
    result: JSONObject, kind: str, status: int | None, is_retryable: bool
) -> None:
    with pytest.raises(ModelError) as caught:
        message_of(result, "msgbatch_1", is_ours_to_cancel=False, was_given_up=False)
    assert (caught.value.kind, caught.value.status, caught.value.is_retryable) == (kind, status, is_retryable)


def test_who_has_canceled_a_batch_decides_if_its_requests_are_made_again() -> None:
    for is_ours, given_up, kind in ((True, False, "batch_canceled"), (False, True, "batch_late")):
        with pytest.raises(ModelError) as caught:
            message_of({"type": "canceled"}, "msgbatch_1", is_ours_to_cancel=is_ours, was_given_up=given_up)
        assert (caught.value.kind, caught.value.is_retryable) == (kind, True)
