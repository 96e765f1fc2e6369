"""The direct client: taken where nobody gives one, without the SDK in memory, and no secret in what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import anthropic
import pytest

from agentkit import Agent, ConfigurationError, ModelError, Retry, session
from agentkit.models.claude import ClaudeModel
from agentkit.models.client import lease_client
from agentkit.models.direct.client import DirectClient, sdk_client_of
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing.serving import served
from tests.models.direct.direct_model import MODEL, QUESTION, SECRET, model_at
from tests.models.misbehaving.replies import JSON, REPLY, chunk, head, sized
from tests.models.misbehaving.scene import refuses, says
from tests.models.misbehaving.server import Exchange, MisbehavingServer


@pytest.mark.anyio
async def test_a_run_without_a_client_takes_it_and_one_with_a_client_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def answer(exchange: Exchange) -> None:
        seen.append("agentkit" if b"user-agent: agentkit" in exchange.head else "sdk")
        await exchange.say(sized(REPLY))

    agent = Agent("a", model=MODEL)
    async with MisbehavingServer(answer).serving() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
        async with session():
            await agent.run("Hi")
            async with lease_client(None) as client:
                assert isinstance(client, DirectClient)
        async with anthropic.AsyncAnthropic() as given:
            await agent.run("Hi", client=given)
        await agent.run("Hi")
        monkeypatch.setenv("ANTHROPIC_PROFILE", "")
        monkeypatch.setenv("ANTHROPIC_LOG", "info")
        await agent.run("Hi")
    assert seen == ["agentkit", "sdk", "agentkit", "sdk"]


def test_a_new_process_gets_its_reply_without_the_sdk() -> None:
    program = (
        "import sys\n"
        "from agentkit import Agent, tool\n"
        "@tool(effect='read')\n"
        "def price(item: str) -> int:\n"
        "    return len(item)\n"
        "print(Agent('a', model='claude-haiku-5-5', tools=[price]).run_sync('Tea?').output)\n"
        "print([name for name in ('anthropic', 'httpx2', 'httpcore2', 'urllib.request') if name in sys.modules])\n"
    )
    with served(Simulator(Script(Reply.tool("price", item="tea"), Reply.text("3 EUR.")))) as url:
        environment = {**os.environ, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "any"}
        finished = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
    assert finished.stdout == "3 EUR.\n[]\n"


@pytest.mark.anyio
async def test_tokens_are_counted_also_behind_a_redirect() -> None:
    async def answer(exchange: Exchange) -> None:
        if b"/moved" in exchange.head or not exchange.server.redirects:
            await exchange.say(sized(b'{"input_tokens": 12}', "200 OK", JSON))
        else:
            await exchange.say(sized(b"", "308 Permanent Redirect", "location: /moved"))

    async with model_at(answer) as (model, server):
        assert await model.count_tokens(QUESTION) == 12
        assert sdk_client_is_open(model) is False
        server.redirects = True
        assert [await model.count_tokens(QUESTION) for _ in range(2)] == [12, 12]
        assert server.requests == 1 + 3 + 2


@pytest.mark.anyio
@pytest.mark.parametrize("body", [b"", b"no json", b"[12]", b'{"input_tokens": "12"}'])
async def test_a_count_that_is_none_is_none(body: bytes) -> None:
    async with model_at(says(sized(body, "200 OK", JSON))) as (model, _):
        assert await model.count_tokens(QUESTION) is None
    async with model_at(refuses("404 No", "not_found_error")) as (model, _):
        assert await model.count_tokens(QUESTION) is None


@pytest.mark.anyio
async def test_a_refusal_reports_the_rate_limits_in_its_headers() -> None:
    limits = ("anthropic-ratelimit-requests-limit: 60", "anthropic-ratelimit-requests-remaining: 7")
    seen: list[Mapping[str, str]] = []
    async with model_at(refuses("429 Slow", "rate_limit_error", *limits, "Retry-After: 2")) as (model, _):
        assert isinstance(model.client, DirectClient)
        with pytest.raises(ModelError) as caught:
            await model.client.open_reply(MODEL, QUESTION, seen.append, 10)
    assert caught.value.retry_after_s == 2
    assert seen == [{"anthropic-ratelimit-requests-limit": "60", "anthropic-ratelimit-requests-remaining": "7"}]


async def refuse_without_end(exchange: Exchange) -> None:
    await exchange.say(head("529 Busy", JSON, "transfer-encoding: chunked", "retry-after: 3"))
    while True:
        await exchange.say(chunk(b" " * 60_000))


@pytest.mark.anyio
async def test_a_refusal_is_one_whatever_its_body() -> None:
    no_gzip = says(sized(b"no gzip", "529 Busy", JSON, "retry-after: 3", "content-encoding: gzip"))
    for play in (no_gzip, refuse_without_end):
        async with model_at(play) as (model, _):
            with pytest.raises(ModelError) as caught:
                async with model.stream(QUESTION):
                    pass
        assert (caught.value.status, caught.value.retry_after_s) == (529, 3)


@pytest.mark.anyio
async def test_batches_go_through_a_client_of_the_sdk_that_opens_on_first_use() -> None:
    async with model_at(says(sized(REPLY)), ANTHROPIC_CUSTOM_HEADERS="x-team: tea") as (model, server):
        async with model.stream(QUESTION) as events:
            assert [event["type"] async for event in events][-1] == "message_stop"
        assert sdk_client_is_open(model) is False
        client = sdk_client_of(model.client)
        assert isinstance(client, anthropic.AsyncAnthropic)
        assert client is sdk_client_of(model.client)
        assert (client.api_key, str(client.base_url).rstrip("/")) == (SECRET, server.url)
        assert client.default_headers["x-team"] == "tea"
    assert client.is_closed()
    assert sdk_client_of(client) is client


@pytest.mark.anyio
async def test_no_secret_is_in_what_it_says() -> None:
    async with model_at(says(closes=True), ANTHROPIC_CUSTOM_HEADERS="cookie: very-secret") as (model, server):
        agent = Agent("a", model=model, retry=Retry(max_attempts=1))
        result = await agent.run("Hi")
        assert result.error is not None
        said = f"{model!r} {model.client!r} {result} {result.error!r} {result.error.__cause__!r} {vars(result.error)}"
    assert f"DirectClient('{server.url}')" in said
    assert "secret" not in said


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["secret ", "secret\t", " "])
async def test_a_key_that_ends_in_a_space_is_refused_before_the_first_request(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", value)
    with pytest.raises(ConfigurationError, match=r"'authorization'.*Check ANTHROPIC_API_KEY") as caught:
        await Agent("a", model=MODEL).run("Hi")
    assert "secret" not in str(caught.value)


@pytest.mark.anyio
async def test_certificates_that_cannot_be_read_are_told_with_their_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE=/no/such/file.pem: No such file or directory\. Set "):
        await Agent("a", model=MODEL).run("Hi")


def sdk_client_is_open(model: ClaudeModel) -> bool:
    assert isinstance(model.client, DirectClient)
    return model.client._sdk_client is not None  # pyright: ignore[reportPrivateUsage]
