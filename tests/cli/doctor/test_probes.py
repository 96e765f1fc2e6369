"""Probes: what a server supports is found out, and whatever it answers is a finding."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from agentkit.cli.doctor.probes import PROBES
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.wire import Response, event_stream_response, json_response
from agentkit.testing.serving import served
from tests.cli.doctor_servers import Server, always, examine, statuses
from tests.real_server.serving_local import serving

NAMES = [name for name, _ in PROBES]
TEXT: JSONObject = {"type": "text", "text": "Paris, to say hi."}
MESSAGE: JSONObject = {
    "id": "chatcmpl-1",
    "type": "message",
    "role": "assistant",
    "content": [TEXT],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 5},
}


def play(request: JSONObject) -> Reply:
    """A model that does as it is told."""
    if "format" in request.get("output_config", {}):
        return Reply.text('{"colour": "red"}')
    if request.get("tools") and len(request["messages"]) == 1:
        return Reply.tool("get_price", item="tea") + Reply.tool("get_price", item="coffee")
    return Reply.text("Hi.")


def test_a_server_that_does_everything_is_ok_throughout(capsys: pytest.CaptureFixture[str]) -> None:
    simulator = Simulator(Script(play))
    with served(simulator) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert code == 0
    assert {name: status for name, status in statuses(found).items() if status != "ok"} == {}
    assert found["tools"]["found"] == "2 calls made, and taken back with 2 results"
    assert all(request["max_tokens"] <= 256 for request in simulator.requests)
    assert len(simulator.requests) == 9


def like_llama_cpp(path: str, body: JSONObject) -> Response:
    """It ignores what it does not know, has no ids, and errors of a form of its own."""
    if path == "/v1/models":
        return json_response(200, {"object": "list", "data": [{"id": "tiny.gguf", "object": "model"}]}, {})
    if path.endswith("count_tokens"):
        return json_response(200, {"input_tokens": 11}, {})
    if "messages" not in body:
        error = {"code": 400, "message": "'messages' is required", "type": "invalid_request_error"}
        return json_response(400, {"error": error}, {})
    if body.get("stream"):
        start = b'data: {"type":"message_start","message":{"id":"x","role":"assistant","content":[]}}\n\n'
        delta = b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
        return event_stream_response([b"event: message_start\n" + start, b"event: message_delta\n" + delta, STOP], {})
    return json_response(200, MESSAGE, {})


STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def test_what_llama_cpp_does_otherwise_is_warned_of_and_no_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Server(like_llama_cpp)) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert code == 0
    assert "tiny.gguf said 'Paris, to say hi.'" in found["message"]["found"]
    assert {name: status for name, status in statuses(found).items() if status != "ok"} == {
        "tools": "unknown",
        "structured_output": "warning",
        "request_id": "warning",
        "error_shape": "warning",
    }
    assert "'messages' is required, not in the API's form" in found["error_shape"]["found"]


def test_llama_cpp_itself_is_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert code == 0, found
    got = statuses(found)
    assert got["count_tokens"] == "ok", found["count_tokens"]
    assert (got["message"], got["streaming"], got["count_tokens"], got["parallel_calls"]) == ("ok",) * 4
    assert (got["structured_output"], got["request_id"], got["error_shape"]) == ("warning",) * 3


def bare(path: str, body: JSONObject) -> Response:
    """It has nothing but plain messages, refuses every field beside, and breaks off its streams."""
    if path != "/v1/messages":
        return json_response(404, {"detail": "Not Found"}, {})
    if body.get("stream"):
        return event_stream_response([b'event: message_start\ndata: {"type":"message_start","message":{}}\n\n'], {})
    if extra := body.keys() - {"model", "max_tokens", "messages"}:
        return json_response(422, {"detail": f"{', '.join(sorted(extra))}: extra inputs are not permitted"}, {})
    return json_response(200, MESSAGE, {})


def test_what_agents_cannot_do_without_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Server(bare)) as base_url:
        code, found = examine(capsys, "--base-url", base_url, "--model", "mine")
    assert code == 1
    expected = dict.fromkeys(["models", "count_tokens", "structured_output", "thinking", "effort"], "warning")
    expected |= dict.fromkeys(["streaming", "tools", "parallel_calls", "cache_control"], "problem")
    got = statuses(found)
    assert {name: got[name] for name in expected} == expected
    assert found["models"]["found"] == "not supported (404)."
    assert "422 tools: extra inputs" in found["tools"]["found"]
    assert all(found[name]["advice"] for name in expected)


def test_web_pages_are_no_messages_api(capsys: pytest.CaptureFixture[str]) -> None:
    def page(_path: str, _body: JSONObject) -> Response:
        return event_stream_response(
            [b"<!doctype html><title>Log in</title>"], {"content-type": "text/html; charset=utf-8"}
        )

    with served(Server(page)) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert code == 3
    assert found["message"]["found"] == "200 with text/html, which is no JSON object."
    assert "No Messages API is there" in found["message"]["advice"]
    assert {found[name]["status"] for name in NAMES} == {"unknown"}


def test_a_key_that_is_refused_is_a_problem_of_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    with served(always(401, {"type": "error", "error": {"type": "authentication_error", "message": "no"}})) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert (code, found["message"]["found"]) == (3, "401 no.")


@pytest.mark.parametrize("key", ["sk-ant-api03-0123456789-abcd", "a-key-of-another-shape"])
def test_a_key_that_the_server_repeats_is_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    with served(always(403, {"error": {"message": f"the key {key} is not one of ours"}})) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert (code, key in str(found)) == (3, False)
    assert "is not one of ours" in found["message"]["found"]


def test_a_model_that_is_not_there_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Simulator(Script(play))) as base_url:
        code, found = examine(capsys, "--base-url", base_url, "--model", "gpt-2")
    assert code == 1
    assert "--model" in found["message"]["advice"]


def test_a_server_that_fails_for_the_moment_leaves_it_open(capsys: pytest.CaptureFixture[str]) -> None:
    def overloaded(path: str, body: JSONObject) -> Response:
        is_plain = body.keys() == {"model", "max_tokens", "messages"} and len(body["messages"]) == 1
        if path == "/v1/messages" and is_plain:
            return json_response(200, MESSAGE, {})
        return json_response(529, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, {})

    with served(Server(overloaded)) as base_url:
        code, found = examine(capsys, "--base-url", base_url)
    assert code == 0
    got = statuses(found)
    open_questions = [name for name in NAMES if name not in {"request_id", "error_shape"}]
    assert {got[name] for name in open_questions} == {"unknown"}, found


def test_a_server_that_answers_some_requests_never_costs_a_time_limit_each(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Server(lambda path, _: endless() if "messages" in path else json_response(404, {}, {}))) as base_url:
        code, found = examine(capsys, "--base-url", base_url, "--timeout", "0.5")
    assert code == 0
    assert found["message"]["found"] == "no answer within 0.5 s."
    assert found["effort"]["found"] == "not tried."


def endless() -> Response:
    """A drop every now and then, so that no single read takes long."""

    async def drops() -> AsyncGenerator[bytes]:
        while True:
            await anyio.sleep(0.05)
            yield b" "

    return Response(200, {"content-type": "application/json", "transfer-encoding": "chunked"}, drops())


ODDITIES: list[object] = [
    None,
    [],
    "text",
    {},
    {"content": None},
    {"content": [None, 5, "x", []]},
    {"content": [{"type": "tool_use"}]},
    {"content": [{"type": "tool_use", "id": None, "input": "x"}], "stop_reason": 5, "usage": "many"},
    {"data": {"id": 5}, "content": [{"type": "text", "text": None}]},
    {"data": [{"id": None}, 7], "error": 5},
    {"type": "error", "error": None},
    {"error": {"message": {"deep": ["\x1b[2J"]}}},
    {"input_tokens": "eleven", "content": "text"},
]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("value", ODDITIES, ids=str)
def test_no_oddity_is_a_traceback(value: object, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with served(always(status, value)) as base_url:
        code, found = examine(capsys, "--base-url", base_url, "--timeout", "5")
    assert code in {0, 1, 3}
    assert set(NAMES) <= found.keys()
