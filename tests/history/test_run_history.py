"""The history of one run: what is queued and appended, what the server counted and holds, what a replacement resets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.budget.upper_bounds import estimated_prompt_tokens, worst_case_usage
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.history.cache_markers import CACHE_LOOKBACK_BLOCKS, MAX_CACHE_MARKERS, CacheMarkers
from agentkit.history.new_content import NewContent
from agentkit.history.run_history import RunHistory
from agentkit.history.transcript import Transcript
from agentkit.messages.message import AssistantTurn, Block, Content, JSONObject, text_block, tool_result, user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.messages.server_threads import ServerThread

MARKER: JSONObject = {"type": "ephemeral"}
MARKED: Block = {**text_block("ok"), "cache_control": {**MARKER, "ttl": "1h"}}
CALL: Block = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}


def history_of(transcript: Transcript, pending: Content = "Hi") -> RunHistory:
    markers = CacheMarkers(MARKER)
    return RunHistory(transcript, pending, markers, NewContent(transcript, markers, None))


def fresh() -> Transcript:
    return Transcript(EncodedPrefix.encode("Be brief.", ()), {}, model="first")


def turn(*content: Block) -> AssistantTurn:
    return AssistantTurn(list(content), "end_turn", {}, id="msg_1")


def requested(history: RunHistory, **options: object) -> Request:
    return history.build_request({"max_tokens": 9, **options}, (), "run", uses_thread=True)


def test_the_prompt_is_sent_first_then_the_results_and_nothing_twice() -> None:
    history = history_of(fresh())
    history.append_user_message("One turn is left.")
    history.append_turn(turn(CALL))
    result = tool_result("toolu_1", "tea")
    history.queue_tool_results([result])
    assert history.has_pending_content
    history.append_user_message()
    history.append_user_message()
    assert not history.has_pending_content
    assert [message["content"] for message in history.to_dicts()] == [
        [text_block("Hi"), text_block("One turn is left.")],
        [CALL],
        [result],
    ]


def test_the_servers_count_holds_until_the_messages_are_replaced() -> None:
    transcript = fresh()
    history = history_of(transcript)
    history.append_user_message()
    for usage in (
        Usage(input_tokens=20, output_tokens=5),
        Usage(output_tokens=5),
        None,
    ):  # None: of less
        history.record_reply(None, None, usage)
        history.append_turn(turn(CALL))
        assert history.counted_prompt == (25, 2)
    history.add_missing_results()
    assert history.counted_prompt == (0, 0)
    history.drop_thinking("second")
    assert transcript.model == "second"


def test_a_thread_is_continued_after_the_turn_that_the_server_holds_and_ended_where_it_holds_none() -> None:
    history = history_of(fresh())
    history.append_user_message()
    first = requested(history)
    assert first.thread == ServerThread()
    history.record_reply(first.thread, first.thread)
    history.append_turn(turn(text_block("Tea.")))
    second = requested(history)
    assert second.thread is not None
    assert second.thread.messages == 2
    history.record_reply(second.thread, None)
    assert requested(history).thread is None


def test_a_turn_that_cannot_be_sent_again_is_named() -> None:
    transcript = fresh()
    transcript.unknown_delta = "moon_delta"
    with pytest.raises(ModelError, match="moon_delta"):
        requested(history_of(transcript))


def test_markers_are_counted_anew_when_the_messages_are_replaced() -> None:
    transcript = fresh()
    own = [{**text_block(str(number)), "cache_control": MARKER} for number in range(MAX_CACHE_MARKERS)]
    transcript.append_message(user(own))
    history = history_of(transcript, [text_block("x")] * CACHE_LOOKBACK_BLOCKS)
    assert "cache_control" not in requested(history, cache_control=MARKER).options
    transcript.messages[:] = [user("Hi")]
    history.add_missing_results()
    assert "cache_control" in requested(history, cache_control=MARKER).options
    history.append_user_message()
    assert "cache_control" in history.to_dicts()[-1]["content"][0]


PICTURE: Block = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "x" * 40_000},
}
THINKING: Block = {"type": "thinking", "thinking": "Well.", "signature": "s"}
CHANGES: Mapping[str, Callable[[RunHistory], object]] = {
    "answer": lambda history: history.append_turn(turn(THINKING, text_block("Yes."))),
    "call": lambda history: history.append_turn(turn(THINKING, CALL)),
    "ask": lambda history: history.append_user_message("And then?"),
    "show": lambda history: history.append_user_message("x" * 20_000),
    "show more": lambda history: history.append_user_message("x" * 70_000),
    "results": lambda history: history.queue_tool_results([tool_result("toolu_1", [PICTURE], is_error=False)]),
    "marked results": lambda history: history.queue_tool_results([tool_result("toolu_1", [MARKED])]),
    "drop thinking": lambda history: history.drop_thinking("second"),
    "sanitize": lambda history: history.add_missing_results(),
    "put as text": lambda history: history.refused_turn_as_text("messages.1.content.0: no", str),
    "replace refused": lambda history: history.new_content.replace_refused("messages.0.content.0: no", str),
    "take back": lambda history: history.new_content.take_back_prompt("messages.0: no"),
}


@given(st.lists(st.sampled_from([*CHANGES, "compact"]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_what_is_kept_of_growing_messages_is_what_all_of_them_give(changes: list[str]) -> None:
    transcript = fresh()
    markers = CacheMarkers(MARKER)
    history = RunHistory(transcript, [PICTURE], markers, NewContent(transcript, markers, transcript.checkpoint()))
    for change in ("ask", *changes):
        if change == "compact":
            transcript.replace_messages([user("A summary.")])
        else:
            CHANGES[change](history)
        if transcript.messages:
            request = requested(history)
            assert request.estimate is not None
            assert estimated_prompt_tokens(request) == estimated_prompt_tokens(replace(request, estimate=None))
            assert worst_case_usage(request, 9) == worst_case_usage(replace(request, estimate=None), 9)
            assert request.to_bytes() == replace(request, messages=tuple(request.messages)).to_bytes()
            assert list(request.messages) == transcript.messages
            shorter = replace(request, messages=request.messages[-1:])
            assert estimated_prompt_tokens(shorter) == estimated_prompt_tokens(replace(shorter, estimate=None))
            assert worst_case_usage(shorter, 9) == worst_case_usage(replace(shorter, estimate=None), 9)
            assert shorter.to_bytes() == replace(shorter, messages=[transcript.messages[-1]]).to_bytes()
