"""Going on from a summary: the server's, the model's or one by hand; whatever it is, the API takes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentkit import Document, ModelError, Settings
from agentkit.history.compaction import compact_transcript, is_request_too_long
from agentkit.history.plain_text import content_blocks
from agentkit.history.transcript import COMPACTION_BETA, Transcript
from agentkit.messages.message import AssistantTurn, JSONObject, Message, text_block, text_of, tool_result, user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.simulator import Reply
from agentkit.simulator.rules import refuse
from agentkit.tools.artifacts.artifact import find_handles
from tests.history.compacting import MODEL, SUMMARY, Server, clerk, shown, talk

pytestmark = pytest.mark.anyio

NO_REPLY = ModelError("Overloaded.", kind="overloaded_error", status=529, is_retryable=True)


async def test_the_servers_signed_block_takes_the_place_of_all_messages() -> None:
    server = Server(Reply.text("They looked for tea."), Reply.text("Well."))
    transcript = await talk("What does tea cost?")
    [block, handles] = await server.compact(transcript, server_side=True)
    assert block.role == "assistant"
    assert [(b["type"], b["content"]) for b in content_blocks(block.content)] == [
        ("compaction", "They looked for tea.")
    ]
    assert find_handles(shown([handles])) == ["artifact-1"]
    assert server.asked[0].to_bytes().startswith(server.asked[0].prefix.encoded + transcript.messages[0].encoded)
    assert await server.go_on(transcript, [block, handles]) == "Well."
    assert server.asked[1].betas == (COMPACTION_BETA,)


async def test_without_artifacts_the_block_stands_alone() -> None:
    transcript = await talk("Tea?")
    transcript.messages = [user("Hi"), Message.of("assistant", "Hello.")]
    server = Server(Reply.text("They said hi."), Reply.text("Well."))
    messages = await server.compact(transcript, server_side=True)
    assert [message.role for message in messages] == ["assistant"]
    transcript.messages = messages
    options: JSONObject = {"model": MODEL, "max_tokens": 100, "stream": True}
    await server.ask(Request(transcript.prefix, messages, options, transcript.betas))


async def test_a_turn_that_has_paused_is_not_given_to_the_server() -> None:
    transcript = await talk("Tea?")
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
    transcript.messages = [user("Hi"), Message.of("assistant", [search])]
    server = Server(Reply.output(SUMMARY))
    [beginning] = await server.compact(transcript, server_side=True)
    assert "Find the price of tea." in shown([beginning])
    assert server.simulator.refusals == []


async def test_the_servers_summary_is_asked_for_without_what_only_shapes_replies() -> None:
    server = Server(Reply.text("They looked for tea."))
    own = {"stop_sequences": ["x"], "metadata": {"user_id": "u"}, "output_config": {"format": {"type": "json_schema"}}}
    given = Settings(effort="low", extra=own, betas=("mine",))
    await server.compact(await talk("Tea?"), server_side=True, settings=given)
    assert dict(server.asked[0].options) == {
        "model": MODEL,
        "max_tokens": 16_000,
        "stream": True,
        "metadata": {"user_id": "u"},
        "output_config": {"effort": "low"},
        "compaction": {"type": "summarize"},
    }
    assert server.asked[0].betas == ("mine", COMPACTION_BETA)


REFUSED = {
    "too long": Reply.failure(400, "invalid_request_error", "prompt is too long: 2 tokens > 1 maximum"),
    "not available": Reply.failure(403, "permission_error"),
    "no summary": Reply.text(""),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED.keys())
async def test_where_the_server_gives_no_summary_the_model_writes_one(refused: Reply) -> None:
    server = Server(refused, Reply.output(SUMMARY), Reply.text("Well."))
    transcript = await talk("What does tea cost?")
    messages = await server.compact(transcript, server_side=True)
    assert "Tea is in log 7." in shown(messages)
    assert await server.go_on(transcript, messages) == "Well."


async def test_it_is_not_asked_where_the_user_has_it_compact_by_context_management() -> None:
    edits = {"context_management": {"edits": [{"type": "compact_20260112"}]}}
    server = Server(Reply.output(SUMMARY))
    await server.compact(await talk("Tea?"), server_side=True, settings=Settings(extra=edits))
    assert "compaction" not in server.asked[0].options
    assert "context_management" not in server.asked[0].options


async def test_the_model_summarises_the_conversation_as_text_in_a_request_of_its_own() -> None:
    server = Server(Reply.output(SUMMARY))
    transcript = await talk("What does tea cost?", "And coffee?")
    await server.compact(transcript, context_tokens=200_000)
    body = server.asked[0].to_dict()
    assert "tools" not in body
    assert body["system"] != clerk.instructions
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert body["max_tokens"] == 16_000
    [record] = body["messages"]
    assert "User: What does tea cost?" in record["content"]
    assert "Call of `read_log`" in record["content"]
    assert "Answer to And coffee?" in record["content"]
    assert "Where could it be?" not in record["content"]


async def test_the_conversation_goes_on_from_one_message_with_all_that_must_not_be_lost() -> None:
    server = Server(Reply.output(SUMMARY), Reply.text("Well."))
    transcript = await talk("What does tea cost?", "And coffee?")
    transcript.messages += [
        Message.of("assistant", [{"type": "tool_use", "id": "last", "name": "read_log", "input": {"number": 8}}]),
        user([tool_result("last", "coffee 9 EUR"), text_block("This is your last turn.")]),
    ]
    [message] = messages = await server.compact(transcript)
    text = [block["text"] for block in content_blocks(message.content)]
    assert message.role == "user"
    assert text[0] == "What does tea cost?"
    assert "Facts:\n- Tea is in log 7." in text[1]
    assert "Next step:\n- Say it." in text[1]
    assert "Decisions" not in text[1]
    assert find_handles(text[2]) == ["artifact-1", "artifact-2"]
    assert text[3] == "What the last calls brought:\n- coffee 9 EUR"
    assert text[5:] == ["And coffee?", "This is your last turn."]
    before = transcript.prefix
    assert await server.go_on(transcript, messages) == "Well."
    assert transcript.prefix is before


async def test_a_summary_that_does_not_fit_is_asked_for_once_more() -> None:
    server = Server(Reply.output({"task": "Tea."}), Reply.output(SUMMARY))
    messages = await server.compact(await talk("Tea?"))
    assert "Tea is in log 7." in shown(messages)
    assert "facts" in server.asked[1].to_dict()["messages"][0]["content"].rpartition("</record>")[2]


@pytest.mark.parametrize("replies", [[Reply.text("No."), Reply.refusal()], [Reply.failure(403, "permission_error")]])
async def test_without_a_model_that_summarises_the_heads_of_results_have_to_do(replies: list[Reply]) -> None:
    server = Server(*replies, Reply.text("Well."))
    transcript = await talk("What does tea cost?")
    messages = await server.compact(transcript)
    assert len(server.asked) == len(replies)
    assert shown(messages).startswith("What does tea cost?")
    assert "- read_log: log 7\ntea 4 EUR" in shown(messages)
    assert find_handles(shown(messages)) == ["artifact-1"]
    assert await server.go_on(transcript, messages) == "Well."


async def test_a_record_that_is_too_long_itself_is_shortened_to_a_quarter() -> None:
    too_long = Reply.failure(400, "exceed_context_size_error", "the request exceeds the available context size")
    server = Server(too_long, Reply.output(SUMMARY))
    messages = await server.compact(await talk("Tea?"))
    first, second = (len(request.messages[0].encoded) for request in server.asked)
    assert second < first / 3
    assert "Tea is in log 7." in shown(messages)


@pytest.mark.parametrize("context_tokens", [None, 2_000, 8_000, 200_000])
async def test_the_record_fits_in_half_of_the_window(context_tokens: int | None) -> None:
    server = Server(Reply.output(SUMMARY))
    transcript = await talk("Tea? " * 5_000)
    [message] = await server.compact(transcript, context_tokens=context_tokens)
    whole = sum(len(one.encoded) for one in transcript.messages) + len(transcript.prefix.encoded)
    half = context_tokens * 3.5 / 2 if context_tokens else whole / 2
    assert len(server.asked[0].to_dict()["messages"][0]["content"]) < half + 100
    assert len(message.encoded) < half
    assert server.asked[0].options["max_tokens"] <= max(500, (context_tokens or 10**6) // 4)


async def test_a_call_that_was_cut_off_does_no_harm() -> None:
    for server_side, reply in [(True, Reply.text("They looked.")), (False, Reply.output(SUMMARY))]:
        transcript = await talk("Tea?")
        call = {"type": "tool_use", "id": "cut", "name": "read_log", "input": {}}
        transcript.messages.append(Message.of("assistant", [text_block("Once more:"), call]))
        server = Server(reply, Reply.text("Well."))
        messages = await server.compact(transcript, server_side=server_side)
        assert await server.go_on(transcript, messages) == "Well."


async def test_a_second_summary_takes_the_place_of_the_first() -> None:
    server = Server(Reply.output(SUMMARY), Reply.output(replace(SUMMARY, next_step="Sleep.")))
    transcript = await talk("What does tea cost?")
    transcript.messages = [*await server.compact(transcript), user("And coffee?")]
    [message] = await server.compact(transcript)
    assert "Say it." in server.asked[1].to_dict()["messages"][0]["content"]
    text = text_of(message.content)
    assert text.count("What does tea cost?") == 1
    assert "Say it." not in text
    assert "Sleep." in text
    assert text.endswith("And coffee?")


async def test_pictures_stay_and_long_documents_are_shortened() -> None:
    transcript = await talk("Tea?")
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    transcript.messages[0] = user([text_block("Compare."), picture, Document("d1", "x" * 100_000).to_block()])
    server = Server(Reply.output(SUMMARY))
    [message] = await server.compact(transcript, context_tokens=20_000)
    first, image, document, *_ = content_blocks(message.content)
    assert (first, image) == (text_block("Compare."), picture)
    assert document["text"].startswith("Document d1: xxx")
    assert len(document["text"]) < 5_000


async def test_settings_that_only_serve_the_conversation_are_left_out_of_the_summarys_request() -> None:
    own = {"mcp_servers": [], "container": "c", "service_tier": "auto"}
    given = Settings(extra=own, thinking={"type": "enabled", "budget_tokens": 30_000}, max_tokens=40_000, effort="low")
    server = Server(Reply.output(SUMMARY))
    await server.compact(await talk("Tea?"), settings=given)
    options = server.asked[0].options
    assert options.keys() == {"model", "max_tokens", "stream", "service_tier", "output_config"}
    assert options["output_config"].keys() == {"effort", "format"}


async def never(request: Request) -> AssistantTurn:
    raise NO_REPLY


parts = st.sampled_from([text_block("x"), {"type": "thinking", "thinking": "", "signature": ""}])
calls = st.builds(lambda n: {"type": "tool_use", "id": f"c{n}", "name": "look", "input": {}}, st.integers(0, 3))
answers = st.builds(lambda n: tool_result(f"c{n}", "artifact-1 " * n), st.integers(0, 3))
histories = st.lists(
    st.lists(parts | calls, min_size=1, max_size=3).map(lambda said: Message.of("assistant", said))
    | st.lists(parts.filter(lambda part: part["type"] == "text") | answers, min_size=1, max_size=3).map(user),
    max_size=5,
)


@given(histories, st.sampled_from([None, 500, 100_000]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_conversation_is_there_is_always_a_way_on(
    history: list[Message], window: int | None
) -> None:
    transcript = Transcript(EncodedPrefix.encode(None, ()), {}, messages=list(history))
    messages = await compact_transcript(transcript, never, MODEL, Settings(), server_side=True, context_tokens=window)
    body = {"model": MODEL, "max_tokens": 1, "messages": [message.to_dict() for message in messages]}
    assert refuse(body) is None
    assert transcript.messages == history


TOO_LONG = [
    ModelError(
        "The API answered 400: prompt is too long: 2 tokens > 1 maximum", kind="invalid_request_error", status=400
    ),
    ModelError(
        "input length and `max_tokens` exceed context limit: 1 + 2 > 2", kind="invalid_request_error", status=400
    ),
    ModelError(
        "the request (9 tokens) exceeds the available context size (8)", kind="exceed_context_size_error", status=400
    ),
    ModelError("Request exceeds the maximum size", kind="request_too_large", status=413),
    ModelError("Entity too large", kind="http_413", status=413),
    ModelError("This model's maximum context length is 4096 tokens.", kind="BadRequestError", status=400),
]
OTHERS = [
    NO_REPLY,
    ModelError("prompt is too long for your rate limit", kind="rate_limit_error", status=429),
    ModelError("messages: at least one message is required", kind="invalid_request_error", status=400),
]


@pytest.mark.parametrize("error", [*TOO_LONG, *OTHERS], ids=str)
def test_what_only_a_shorter_conversation_can_help_against_is_known(error: ModelError) -> None:
    assert is_request_too_long(error) is (error in TOO_LONG)
