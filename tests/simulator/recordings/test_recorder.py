"""Recording inside the official SDK: agents, streams and plain calls go on as before, and all of it is kept."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import anthropic
import anyio
import httpx2
import pytest
from anthropic import AsyncAnthropic, OverloadedError
from anthropic.types import MessageParam

from agentkit import Agent
from agentkit.errors import ConfigurationError
from agentkit.simulator import Recorder, Recording, Replay, Reply, Script, Simulator, recording_client
from agentkit.simulator.http.http_server import serve_http
from agentkit.simulator.http.transport import in_process_client
from agentkit.simulator.http.wire import ConnectionLost, Headers, Response, json_response
from tests.simulator.recorded_agent import KEY, QUESTION, assert_no_secrets, echo, replays_every_byte, shop, shop_agent

pytestmark = pytest.mark.anyio

SAID: MessageParam = {"role": "user", "content": "Hi"}


async def test_an_agents_run_replays_byte_for_byte_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    simulator = shop()
    async with simulator.serve() as base_url, AsyncAnthropic(api_key=KEY, base_url=base_url) as client:
        result = await shop_agent.run(QUESTION, client=recording_client(client, path))
    assert result.output == "Tea is 4 EUR."
    assert KEY in json.dumps(simulator.requests[1])  # what is sent is not what is kept
    assert_no_secrets(path)
    assert len(Recording.load(path).exchanges) == 2
    await replays_every_byte(Replay(path))
    assert (await shop_agent.run(QUESTION, client=(replay := Replay(path)).client())).output == "Tea is 4 EUR."
    assert replay.unused() == []


async def test_it_is_what_a_proxy_would_have_recorded(tmp_path: Path) -> None:
    client = recording_client(echo().client(), tmp_path / "run.jsonl")
    await client.beta.messages.create(
        model="claude-opus-5-5",
        max_tokens=5,
        messages=[{"role": "user", "content": "Hi"}],
        betas=["compact-2026-09-04"],
    )
    (exchange,) = Recording.load(tmp_path / "run.jsonl").exchanges
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/v1/messages", 200)
    assert exchange.request_headers["anthropic-beta"] == "compact-2026-09-04"
    assert exchange.request_headers["anthropic-version"]
    assert exchange.response_headers["request-id"]
    assert json.loads(exchange.request_body) == {"model": "claude-opus-5-5", "max_tokens": 5, "messages": [SAID]}


async def test_a_path_of_the_base_url_is_not_recorded(tmp_path: Path) -> None:
    class Gateway:
        async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
            return await simulator.handle(method, path.removeprefix("/gateway"), headers, body)

    simulator = echo()
    client = in_process_client(Gateway()).with_options(base_url="http://x.invalid/gateway")
    recorded = recording_client(client, tmp_path / "run.jsonl")
    await recorded.messages.create(model="claude-opus-5-5", max_tokens=5, messages=[SAID])
    await recorded.models.list(limit=2)
    paths = [exchange.path for exchange in Recording.load(tmp_path / "run.jsonl").exchanges]
    assert paths == ["/v1/messages", "/v1/models?limit=2"]


async def test_plain_raw_and_streamed_calls_give_what_they_give_without_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.jsonl")
    client = AsyncAnthropic(api_key="any", http_client=echo().client()._client, middleware=[recorder.middleware])
    plain = await client.messages.create(model="claude-opus-5-5", max_tokens=50, messages=[SAID])
    raw = await client.messages.with_raw_response.create(model="claude-opus-5-5", max_tokens=50, messages=[SAID])
    whole = await client.post("/v1/messages", body=_body(), cast_to=httpx2.Response)
    async with client.messages.stream(model="claude-opus-5-5", max_tokens=50, messages=[SAID]) as stream:
        streamed = await stream.get_final_message()
    async with client.messages.with_streaming_response.create(
        model="claude-opus-5-5", max_tokens=50, messages=[SAID]
    ) as response:
        text = await response.text()
    assert plain.content[0].to_dict() == (await raw.parse()).content[0].to_dict()
    assert streamed.content[0].to_dict().items() >= plain.content[0].to_dict().items()
    assert whole.json()["content"] == json.loads(text)["content"] == [plain.content[0].to_dict()]
    assert (recorder.recorded, recorder.lost) == (5, [])
    bodies = [exchange.response_body for exchange in Recording.load(tmp_path / "run.jsonl").exchanges]
    assert bodies[2] == whole.content
    assert bodies[3].endswith(b'data: {"type":"message_stop"}\n\n')
    assert bodies[4].decode() == text


def _body() -> dict[str, object]:
    return {"model": "claude-opus-5-5", "max_tokens": 50, "messages": [SAID]}


async def test_files_are_kept_and_a_body_that_can_be_read_only_once_is_told(tmp_path: Path) -> None:
    class Files:
        async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
            return json_response(200, {"id": "file_1", "read": len(body)}, {})

    async def once() -> AsyncGenerator[bytes]:
        yield b"{}"

    recorder = Recorder(tmp_path / "run.jsonl")
    async with serve_http(Files()) as base_url:
        client = AsyncAnthropic(api_key="any", base_url=base_url, middleware=[recorder.middleware])
        async with client:
            for _ in range(2):
                await client.beta.files.upload(file=("tea.txt", b"Tea is hot.", "text/plain"))
            assert await client.post("/v1/files", content=once(), cast_to=object) == {"id": "file_1", "read": 2}
    one, other = Recording.load(tmp_path / "run.jsonl").exchanges
    assert b"Tea is hot." in one.request_body
    assert one.request_body != other.request_body  # what stands between the parts of a form is drawn by lot
    assert one.request == other.request
    assert recorder.lost == ["POST /v1/files was sent as a stream, which is not recorded."]


async def test_every_attempt_is_recorded_those_that_fail_too(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.jsonl")
    client = echo(fails=2).client().with_options(max_retries=2, middleware=[recorder.middleware])
    assert (await shop_agent.run("Tea?", client=client)).output == "You said: Tea?"
    exchanges = Recording.load(tmp_path / "run.jsonl").exchanges
    assert [exchange.status for exchange in exchanges] == [529, 529, 200]
    assert json.loads(exchanges[0].response_body)["error"]["type"] == "overloaded_error"
    assert recorder.lost == []
    assert (await shop_agent.run("Tea?", client=Replay(tmp_path / "run.jsonl").client())).output == "You said: Tea?"


async def test_an_error_is_raised_as_without_it(tmp_path: Path) -> None:
    client = recording_client(echo(fails=1).client(), tmp_path / "run.jsonl")
    with pytest.raises(OverloadedError, match="overloaded"):
        async with client.messages.stream(model="claude-opus-5-5", max_tokens=5, messages=[SAID]) as stream:
            await stream.get_final_text()


async def test_parallel_streams_are_kept_whole(tmp_path: Path) -> None:
    agent = Agent("echo", model="claude-opus-5-5")
    client = recording_client(echo().client(), tmp_path / "run.jsonl")
    results = await agent.map([f"number {n}" for n in range(30)], client=client)
    replay = Replay(tmp_path / "run.jsonl")
    again = await agent.map([f"number {n}" for n in range(30)], client=replay.client())
    assert [getattr(item, "output", item) for item in results] == [f"You said: number {n}" for n in range(30)]
    assert [getattr(item, "output", item) for item in again] == [f"You said: number {n}" for n in range(30)]
    assert replay.unused() == []


async def test_a_stream_that_is_left_is_not_recorded_as_if_it_were_whole(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.jsonl")
    simulator = Simulator(Script(Reply.text("word " * 200)))
    async with simulator.serve() as base_url:
        client = AsyncAnthropic(api_key="any", base_url=base_url, middleware=[recorder.middleware])
        async with client, Agent("a", model="claude-opus-5-5").stream("Go.", client=client) as run:
            async for event in run:
                if type(event).__name__ == "TextDelta":
                    break
    assert recorder.recorded == 0
    assert recorder.lost == ["POST /v1/messages was cut off: whoever asked did not read it to its end."]
    assert Recording.load(tmp_path / "run.jsonl").exchanges == ()
    gc.collect()


async def test_a_connection_that_breaks_looks_as_without_it_and_is_not_recorded(tmp_path: Path) -> None:
    class Breaking:
        async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
            return Response(200, {"content-type": "text/event-stream"}, self.chunks())

        async def chunks(self) -> AsyncGenerator[bytes]:
            yield b"event: ping\ndata: {}\n\n"
            raise ConnectionLost

    recorder = Recorder(tmp_path / "run.jsonl")
    client = in_process_client(Breaking()).with_options(middleware=[recorder.middleware])
    with pytest.raises(httpx2.RemoteProtocolError):
        async with client.messages.stream(model="claude-opus-5-5", max_tokens=5, messages=[SAID]) as stream:
            await stream.get_final_text()
    assert recorder.recorded == 0
    assert len(recorder.lost) == 1
    assert "peer closed connection" in recorder.lost[0]


async def test_a_full_disk_does_not_end_the_run_and_is_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.jsonl")
    (tmp_path / "run.jsonl").unlink()
    (tmp_path / "run.jsonl").mkdir()
    client = echo().client().with_options(middleware=[recorder.middleware])
    assert (await shop_agent.run("Tea?", client=client)).output == "You said: Tea?"
    assert recorder.lost == ["POST /v1/messages could not be written: Is a directory."]


async def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere/run\.jsonl cannot be written: No such file or directory"):
        recording_client(echo().client(), tmp_path / "nowhere" / "run.jsonl")


async def test_the_clients_own_middleware_stays(tmp_path: Path) -> None:
    seen: list[str] = []

    async def mine(
        request: anthropic.APIRequest, call_next: anthropic.AsyncCallNext
    ) -> anthropic.AsyncAPIResponse[object]:
        seen.append(request.url)
        return await call_next(request)

    client = recording_client(echo().client().with_options(middleware=[mine]), tmp_path / "run.jsonl")
    with anyio.fail_after(10):
        await client.messages.create(model="claude-opus-5-5", max_tokens=5, messages=[SAID])
    assert seen == ["/v1/messages"]
