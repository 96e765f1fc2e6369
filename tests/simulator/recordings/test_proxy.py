"""The recording proxy: what it passes on, when, what it keeps and what it does not."""

from __future__ import annotations

import gc
import gzip
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import anyio
import httpx2
import pytest
from anthropic import AsyncAnthropic, InternalServerError

from agentkit.errors import ConfigurationError, UsageError
from agentkit.simulator import Recorder, Recording, RecordingProxy, Replay
from agentkit.simulator.http.wire import ConnectionLost, Headers, Response
from tests.simulator.bodies import HEADERS
from tests.simulator.recorded_agent import (
    KEY,
    QUESTION,
    assert_no_secrets,
    echo,
    message_body,
    post,
    proxied,
    replays_every_byte,
    shop,
    shop_agent,
)

pytestmark = pytest.mark.anyio

SSE = {"content-type": "text/event-stream"}


class Upstream:
    """Answers with what it is given and keeps what it was asked."""

    def __init__(self, *chunks: bytes | None, headers: Mapping[str, str] = SSE, status: int = 200) -> None:
        self.chunks = chunks
        """None breaks the connection off."""
        self.headers = headers
        self.status = status
        self.asked: list[tuple[str, str, Headers, bytes]] = []
        self.go_on = anyio.Event()
        self.is_closed = anyio.Event()

    async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
        self.asked.append((method, path, headers, body))
        return Response(self.status, self.headers, self._chunks())

    async def _chunks(self) -> AsyncGenerator[bytes]:
        try:
            for chunk in self.chunks:
                if chunk is None:
                    raise ConnectionLost
                yield chunk
                if chunk != self.chunks[-1]:
                    await self.go_on.wait()
        finally:
            self.is_closed.set()


async def test_a_streamed_conversation_replays_byte_for_byte_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    recorder = Recorder(path)
    async with proxied(shop(), recorder) as base_url, AsyncAnthropic(api_key=KEY, base_url=base_url) as client:
        result = await shop_agent.run(QUESTION, client=client)
    assert result.output == "Tea is 4 EUR."
    assert (recorder.recorded, recorder.lost) == (2, [])
    assert_no_secrets(path)
    await replays_every_byte(Replay(path))
    again = await shop_agent.run(QUESTION, client=(replay := Replay(path)).client())
    assert again.output == "Tea is 4 EUR."
    assert replay.unused() == []
    async with Replay(path).serve() as base_url, AsyncAnthropic(api_key="any", base_url=base_url) as client:
        assert (await shop_agent.run(QUESTION, client=client)).output == "Tea is 4 EUR."


async def test_what_came_is_passed_on_and_kept_to_the_byte(tmp_path: Path) -> None:
    events = [
        b"event: ping\ndata: {}\n\n",
        b": \xe2\x82\xac and 1.0 \r\n\r\n",
        b"event: message_stop\ndata: {}\n\n",
        b"rest",
    ]
    upstream = Upstream(*events, headers={**SSE, "request-id": "req_1", "server": "x", "set-cookie": f"a={KEY}"})
    upstream.go_on.set()
    async with proxied(upstream, Recorder(tmp_path / "run.jsonl")) as base_url:
        answer = await post(base_url, b'{"a":  1}', "/v1/x?b=2&a=1")
    assert answer.content == b"".join(events)
    assert answer.headers["request-id"] == "req_1"
    assert answer.headers["server"] == "x"
    (exchange,) = Recording.load(tmp_path / "run.jsonl").exchanges
    assert exchange.response_body == b"".join(events)
    assert exchange.body_chunks() == events
    assert dict(exchange.response_headers) == {**SSE, "request-id": "req_1"}
    assert exchange.path == "/v1/x?b=2&a=1"


async def test_the_clients_headers_go_upstream_but_not_to_the_file(tmp_path: Path) -> None:
    upstream = Upstream(b"{}", headers={"content-type": "application/json"})
    async with proxied(upstream, Recorder(tmp_path / "run.jsonl")) as base_url:
        headers = {
            "x-api-key": KEY,
            "authorization": f"Bearer {KEY}",
            "cookie": "a=secret",
            "user-agent": "mine",
            "anthropic-version": "2026-10-21",
            "anthropic-beta": "a,b",
            "content-type": "application/json",
        }
        async with httpx2.AsyncClient() as http:
            await http.post(f"{base_url}/v1/messages", content=b"{}", headers=headers)
    ((method, path, sent, body),) = upstream.asked
    assert (method, path, body) == ("POST", "/v1/messages", b"{}")
    assert headers.items() <= dict(sent).items()
    assert sent["accept-encoding"] == "identity"
    assert f"http://{sent['host']}" != base_url
    (exchange,) = Recording.load(tmp_path / "run.jsonl").exchanges
    kept = {name: headers[name] for name in ("anthropic-version", "anthropic-beta", "content-type")}
    assert dict(exchange.request_headers) == kept
    assert "sk-ant" not in (tmp_path / "run.jsonl").read_text()


async def test_each_event_is_passed_on_before_the_next_one_comes(tmp_path: Path) -> None:
    upstream = Upstream(b"first", b"second")
    async with proxied(upstream, Recorder(tmp_path / "run.jsonl")) as base_url:
        with anyio.fail_after(10):
            async with httpx2.AsyncClient() as http, http.stream("POST", f"{base_url}/v1/messages") as response:
                seen: list[bytes] = []
                async for chunk in response.aiter_raw():
                    seen.append(chunk)
                    upstream.go_on.set()
    assert seen == [b"first", b"second"]


async def test_the_exchange_is_in_the_file_when_the_client_sees_the_end(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with proxied(echo(), Recorder(path)) as base_url:
        for count in range(1, 6):
            await post(base_url, message_body(f"number {count}", stream=count % 2 == 0))
            assert len(Recording.load(path).exchanges) == count


async def test_many_at_once_are_whole_and_each_gets_its_own_answer(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with proxied(echo(), Recorder(path)) as base_url, anyio.create_task_group() as tasks:
        for n in range(20):
            tasks.start_soon(post, base_url, message_body(f"number {n}", stream=n % 2 == 0))
    replay = Replay(path)
    assert len(replay.recording.exchanges) == 20
    async with replay.serve() as base_url, anyio.create_task_group() as tasks:

        async def ask(n: int) -> None:
            assert (
                f"You said: number {n}" in (await post(base_url, message_body(f"number {n}", stream=n % 2 == 0))).text
            )

        for n in reversed(range(20)):
            tasks.start_soon(ask, n)
    assert replay.unused() == []


async def leave_after(text: bytes, base_url: str) -> None:
    """Ask, and hang up when `text` has come."""
    async with await anyio.connect_tcp("127.0.0.1", int(base_url.rpartition(":")[2])) as stream:
        await stream.send(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        came = b""
        while text not in came:
            came += await stream.receive()


async def test_a_client_that_leaves_closes_the_upstream_and_nothing_is_recorded(tmp_path: Path) -> None:
    upstream = Upstream(b"event: message_start\ndata: {}\n\n", b"never sent")
    recorder = Recorder(tmp_path / "run.jsonl")
    async with proxied(upstream, recorder) as base_url:
        await leave_after(b"event: message", base_url)
        with anyio.fail_after(10):
            await upstream.is_closed.wait()
    assert recorder.recorded == 0
    assert recorder.lost == ["POST /v1/messages was cut off: the client left."]
    assert Recording.load(tmp_path / "run.jsonl").exchanges == ()


async def test_a_client_that_leaves_while_it_is_being_sent_to_leaves_nothing_open(tmp_path: Path) -> None:
    upstream = Upstream(*[b"x" * 100_000] * 200)
    upstream.go_on.set()
    recorder = Recorder(tmp_path / "run.jsonl")
    async with proxied(upstream, recorder) as base_url:
        await leave_after(b"xxx", base_url)
        with anyio.fail_after(10):
            await upstream.is_closed.wait()
    assert recorder.lost == ["POST /v1/messages was cut off: the client left."]
    gc.collect()


async def test_a_stream_that_is_left_after_its_last_event_is_whole(tmp_path: Path) -> None:
    upstream = Upstream(b"event: message_stop\ndata: {}\n\n", b"")
    recorder = Recorder(tmp_path / "run.jsonl")
    async with proxied(upstream, recorder) as base_url:
        await leave_after(b"event: message", base_url)
        with anyio.fail_after(10):
            await upstream.is_closed.wait()
    assert (recorder.recorded, recorder.lost) == (1, [])


@pytest.mark.parametrize("status", [200, 500])
async def test_an_upstream_that_breaks_off_breaks_the_clients_connection_too(tmp_path: Path, status: int) -> None:
    upstream = Upstream(b"event: message_start\ndata: {}\n\n", None, status=status)
    upstream.go_on.set()
    recorder = Recorder(tmp_path / "run.jsonl")
    async with proxied(upstream, recorder) as base_url:
        with pytest.raises(httpx2.RemoteProtocolError):
            await post(base_url, b"{}")
    assert recorder.recorded == 0
    assert len(recorder.lost) == 1
    assert recorder.lost[0].startswith("POST /v1/messages was cut off: ")


async def test_an_upstream_that_compresses_all_the_same_is_recorded_plain(tmp_path: Path) -> None:
    data = gzip.compress(b'{"a":1}')
    upstream = Upstream(data, headers={"content-type": "application/json", "content-encoding": "gzip"})
    async with proxied(upstream, Recorder(tmp_path / "run.jsonl")) as base_url:
        assert (await post(base_url, b"{}")).json() == {"a": 1}
    (exchange,) = Recording.load(tmp_path / "run.jsonl").exchanges
    assert exchange.response_body == b'{"a":1}'
    assert "content-encoding" not in exchange.response_headers


async def test_failures_and_the_retries_after_them_are_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    upstream = proxied(echo(fails=2), Recorder(path))
    async with upstream as base_url, AsyncAnthropic(api_key="any", base_url=base_url) as client:
        assert (await shop_agent.run("Tea?", client=client)).output == "You said: Tea?"
    assert [exchange.status for exchange in Recording.load(path).exchanges] == [529, 529, 200]
    await replays_every_byte_in_order(Replay(path))
    assert (await shop_agent.run("Tea?", client=Replay(path).client())).output == "You said: Tea?"


async def replays_every_byte_in_order(replay: Replay) -> None:
    async with replay.serve() as base_url:
        for exchange in replay.recording.exchanges:
            assert (await post(base_url, exchange.request_body)).content == exchange.response_body


async def test_an_upstream_that_cannot_be_reached_is_named_in_the_apis_shape(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.jsonl")
    async with echo().serve() as gone:
        pass
    async with RecordingProxy(recorder, gone).serve() as base_url:
        answer = await post(base_url, message_body("Hi"))
        assert answer.status_code == 502
        assert f"The upstream {gone} could not be reached: " in answer.json()["error"]["message"]
        async with AsyncAnthropic(api_key="any", base_url=base_url, max_retries=0) as client:
            with pytest.raises(InternalServerError, match=gone):
                await client.models.list()
    assert recorder.recorded == 0


async def test_requests_without_a_body_and_other_endpoints_pass_too(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with proxied(echo(), Recorder(path)) as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        there = await http.get(f"{base_url}/v1/models?limit=2")
        nowhere = await http.get(f"{base_url}/nowhere")
        assert (await http.head(f"{base_url}/v1/models")).content == b""
    assert (there.status_code, nowhere.status_code) == (200, 404)
    first, second = Recording.load(path).exchanges[:2]
    assert json.loads(first.response_body) == there.json()
    assert (first.method, first.path, first.request_body) == ("GET", "/v1/models?limit=2", b"")
    assert second.status == 404
    await replays_every_byte(Replay(path))


@pytest.mark.parametrize("upstream", ["", "api.anthropic.com", "ftp://x", "http://", "http://x:y", "/v1"])
def test_an_upstream_that_is_no_address_is_refused(tmp_path: Path, upstream: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is no address: write it as https://"):
        RecordingProxy(Recorder(tmp_path / "run.jsonl"), upstream)


async def test_outside_of_serving_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"async with proxy\.serve\(\)"):
        await RecordingProxy(Recorder(tmp_path / "run.jsonl")).handle("POST", "/v1/messages", {}, b"")
