"""The endpoint of batches: bodies, pages, and lines of results as a server may write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from anthropic import AsyncAnthropic

from agentkit import ModelError
from agentkit.messages.message import JSONObject, Message
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.batching.endpoint import BatchEndpoint, is_outcome_unknown, request_bytes
from agentkit.models.batching.entry import digest_of
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply

pytestmark = pytest.mark.anyio


class Derived(AsyncAnthropic):
    """Gets its body as a dictionary, which it may change."""


def request(said: str = "Hi", **options: object) -> Request:
    given = {"model": "claude-haiku-5-5", "max_tokens": 10, "stream": True, **options}
    return Request(EncodedPrefix.encode(None, ()), [Message.of("user", said)], given)


def answering(handle: Any, kind: type[AsyncAnthropic] = AsyncAnthropic) -> BatchEndpoint:
    transport = httpx2.MockTransport(handle)
    return BatchEndpoint(
        kind(api_key="k", base_url="http://batches.test", http_client=httpx2.AsyncClient(transport=transport))
    )


@pytest.mark.parametrize("kind", [AsyncAnthropic, Derived])
async def test_a_batch_is_created_without_streams_and_with_its_betas(kind: type[AsyncAnthropic]) -> None:
    seen: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"id": "msgbatch_1"})

    named = [("a-0", request("\u2028")), ("a-1", request("two"))]
    assert await answering(handle, kind).create(named, ["x-1", "y-2"]) == "msgbatch_1"
    body: JSONObject = json.loads(seen[0].content)
    assert [one["custom_id"] for one in body["requests"]] == ["a-0", "a-1"]
    assert all("stream" not in one["params"] for one in body["requests"])
    assert body["requests"][0]["params"]["messages"][0]["content"] == "\u2028"
    assert seen[0].headers["anthropic-beta"] == "x-1,y-2"
    assert len(seen[0].content) <= sum(request_bytes(one) for _, one in named) + 20


async def test_lines_of_results_end_with_a_line_feed_only_and_a_broken_one_costs_no_other() -> None:
    def line(name: str, text: str) -> str:
        return json.dumps({"custom_id": name, "result": {"text": text}}, ensure_ascii=False)

    lines = [line("a", "\u2028\x85\r"), "{broken", "[1]", "", line("b", "")]

    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content="\n".join(lines).encode())

    found: dict[str, JSONObject] = {}
    with pytest.raises(ModelError, match="no JSON object") as caught:
        await answering(handle).read_results("msgbatch_1", found.__setitem__)
    assert caught.value.is_retryable
    assert found == {"a": {"text": "\u2028\x85\r"}, "b": {"text": ""}}


async def test_all_pages_are_listed_back_to_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentkit.models.batching.endpoint._PAGE", 2)
    endpoint = BatchEndpoint(Simulator(Script(lambda _: Reply.text("Yes."))).client())
    ids = [await endpoint.create([("a", request())], ()) for _ in range(5)]
    now = datetime.now(UTC)
    assert [one["id"] for one in await endpoint.list_since(now - timedelta(hours=1))] == ids
    third = (await endpoint.status(ids[2]))["created_at"]
    assert [one["id"] for one in await endpoint.list_since(datetime.fromisoformat(third))] == ids[2:]
    assert await endpoint.list_since(now + timedelta(hours=1)) == []


def test_what_is_known_about_a_batch_that_could_not_be_created() -> None:
    unknown = [None, 200, 408, 409, 500, 503, 529]
    refused = [400, 401, 403, 404, 413, 429]
    assert [is_outcome_unknown(ModelError("e", kind="k", status=status)) for status in unknown + refused] == [
        True
    ] * 7 + [False] * 6


def test_a_request_is_recognized_whatever_tokens_a_budget_allows_for() -> None:
    assert digest_of(request()) == digest_of(request(max_tokens=5)) == digest_of(request(stream=False))
    assert len({digest_of(one) for one in (request(), request("Ho"), request(effort="low"))}) == 3
