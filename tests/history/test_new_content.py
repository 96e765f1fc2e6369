"""What no reply has followed yet: too large, it is left out piece by piece; a prompt is taken back as a whole."""

from __future__ import annotations

from agentkit.history.cache_markers import CacheMarkers
from agentkit.history.new_content import MAX_NEW_BYTES
from agentkit.history.run_history import RunHistory
from agentkit.history.transcript import Transcript
from agentkit.messages.message import AssistantTurn, Block, Content, Message, text_block, tool_result, user
from agentkit.messages.request import EncodedPrefix
from agentkit.redaction.redactor import Redactor

CALL: Block = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
LARGE = "x" * (MAX_NEW_BYTES * 2 // 3)


def fresh() -> Transcript:
    return Transcript(EncodedPrefix.encode("Be brief.", ()), {}, model="first")


def document(data: str) -> Block:
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": data}}


def begun(transcript: Transcript, prompt: Content) -> RunHistory:
    history = RunHistory.begin(transcript, prompt, CacheMarkers(None), Redactor())
    history.append_user_message()
    return history


def test_a_prompt_is_taken_back_until_the_model_has_replied() -> None:
    transcript = fresh()
    transcript.pending_change_note = "Be brief."
    history = begun(transcript, "Hi")
    assert len(transcript.messages) == 1
    assert history.new_content.take_back_prompt("No.") == "The message was taken back."
    assert (transcript.messages, transcript.pending_change_note) == ([], "Be brief.")
    history = begun(transcript, "Hi again")
    history.record_reply(None, None)
    assert history.new_content.take_back_prompt("No.") == ""
    assert len(transcript.messages) == 1


def test_what_was_compacted_for_a_refused_prompt_is_as_it_was() -> None:
    transcript = fresh()
    transcript.messages += [user("Hi"), Message.of("assistant", [text_block("Tea.")])]
    before = list(transcript.messages)
    history = begun(transcript, "And now?")
    transcript.replace_messages([user("A summary.")])
    history.new_content.take_back_prompt("prompt is too long")
    assert transcript.messages == before


def test_of_what_is_too_large_the_largest_is_left_out_one_after_another() -> None:
    transcript = fresh()
    history = begun(transcript, "Hi")
    history.record_reply(None, None)
    calls = [{**CALL, "id": f"toolu_{n}"} for n in range(3)]
    history.append_turn(AssistantTurn(calls, "tool_use", {}))
    contents: list[Content] = [[text_block("Page 1."), document(LARGE)], "tea", [document(LARGE + LARGE)]]
    history.queue_tool_results([tool_result(f"toolu_{n}", content) for n, content in enumerate(contents)])
    assert not history.new_content.is_large
    history.append_user_message()
    assert history.new_content.is_large
    for left_out in ({2}, {0, 2}):
        assert history.new_content.replace_refused("Request exceeds the maximum size", str, is_too_large=True)
        results = transcript.messages[-1].content
        assert isinstance(results, list)
        assert {n for n, block in enumerate(results) if block.get("is_error")} == left_out
    assert history.new_content.replace_refused("Request exceeds the maximum size", str, is_too_large=True) is None
    assert results[1]["content"] == "tea"
