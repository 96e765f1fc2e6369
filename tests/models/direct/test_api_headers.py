"""The head of a direct request says the same as the SDK's, for every combination of the variables."""

from __future__ import annotations

import os
import ssl
import traceback
from collections.abc import Iterator
from itertools import product
from unittest.mock import patch

import anthropic
import pytest

from agentkit import ConfigurationError
from agentkit.messages.message import user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.claude import ClaudeModel
from agentkit.models.direct.address import ApiAddress
from agentkit.models.direct.api_headers import API_VERSION, FRAMING_HEADERS, parse_custom_headers
from agentkit.models.direct.client import DirectClient
from agentkit.models.direct.way import DirectWay, choose_way
from agentkit.models.overriding_client import Client
from tests.models.misbehaving.replies import REPLY, sized
from tests.models.misbehaving.server import Exchange, MisbehavingServer

CUSTOM = {
    "none": None,
    "more": "x-team: tea\nX-Trace:  a: b \nnothing\n",
    "twice": "X-A: 1\nx-a: 2\nX-A: 3",
    "instead": "Authorization: Basic abc\nanthropic-version: 2023-06-01\nUser-Agent: me\nAccept: */*\nContent-Type: x",
    "betas": "anthropic-beta: one-2026\nx-api-key: k",
    "no authorization": "authorization:\nx-api-key: other",
    "empty and of a helper": "x-empty:\nx-stainless-helper: a, b",
}
COMBINATIONS: dict[str, list[str | None]] = {
    "ANTHROPIC_API_KEY": [None, "", "sk-1"],
    "ANTHROPIC_AUTH_TOKEN": [None, "token-1"],
    "ANTHROPIC_BASE_URL": ["", "/gateway/v2/"],
    "ANTHROPIC_CUSTOM_HEADERS": [*CUSTOM.values()],
}
# What the SDK says of itself, and of its connection.
OF_THE_SDK = ("x-stainless-", "accept-encoding", "connection")


async def heads_of(client: Client, heads: list[bytes]) -> list[object]:
    """Send requests with and without betas, and return the request line and the headers of each."""
    heads.clear()
    model, prefix = ClaudeModel("m", client), EncodedPrefix.encode(None, [])
    for betas in ((), ("b-1", "b-2")):
        request = Request(prefix, [user("Hi")], {"model": "m", "max_tokens": 5}, betas)
        async with model.stream(request) as events:
            assert [event["type"] async for event in events][-1] == "message_stop"
        await model.count_tokens(request)
    return [parsed(head) for head in heads]


def parsed(head: bytes) -> tuple[str, dict[str, str]]:
    line, *fields = head.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    kept = {name: value for name, value in headers.items() if not name.startswith(OF_THE_SDK)}
    if kept.get("user-agent") in ("agentkit", f"AsyncAnthropic/Python {anthropic.__version__}"):
        del kept["user-agent"]
    return line, kept


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # nothing of it depends on the event loop
async def test_a_direct_head_is_the_sdks_in_every_combination_of_the_variables() -> None:
    heads: list[bytes] = []

    async def answer(exchange: Exchange) -> None:
        heads.append(exchange.head)
        await exchange.say(sized(REPLY))

    compared, context = 0, ssl.create_default_context()
    async with MisbehavingServer(answer).serving() as server:
        for values in product(*COMBINATIONS.values()):
            given = {name: value for name, value in zip(COMBINATIONS, values, strict=True) if value is not None}
            given["ANTHROPIC_BASE_URL"] = server.url + given["ANTHROPIC_BASE_URL"]
            way = choose_way(given, {})
            if not isinstance(way, DirectWay):
                assert not given.get("ANTHROPIC_API_KEY")
                assert not given.get("ANTHROPIC_AUTH_TOKEN")
                continue
            direct = DirectClient(way)
            with patch.dict(os.environ, given):
                http_client = anthropic.DefaultAsyncHttpxClient(verify=context)
                sdk = anthropic.AsyncAnthropic(http_client=http_client)
            assert await heads_of(direct, heads) == await heads_of(sdk, heads)
            compared += 1
            await direct.close()
            await sdk.close()
    assert compared == 4 * 2 * len(CUSTOM)


def test_the_version_is_that_of_the_sdk() -> None:
    assert anthropic._constants.ANTHROPIC_API_VERSION == API_VERSION


@pytest.mark.parametrize(
    ("variable", "credential", "custom", "said"),
    [
        ("ANTHROPIC_API_KEY", "secret\n", "", "ANTHROPIC_API_KEY has a line end in it"),
        ("ANTHROPIC_API_KEY", "secret ", "", "'authorization'.*Check ANTHROPIC_API_KEY"),
        ("ANTHROPIC_AUTH_TOKEN", "secret\rx", "", "ANTHROPIC_AUTH_TOKEN has a line end in it"),
        ("ANTHROPIC_API_KEY", "secret\u2026", "", "ANTHROPIC_API_KEY has a character in it that is not ASCII"),
        ("ANTHROPIC_API_KEY", "k", "x-team: secret\rx", "'x-team' of ANTHROPIC_CUSTOM_HEADERS has a line end"),
        ("ANTHROPIC_API_KEY", "k", "x team: secret", "'x team' of ANTHROPIC_CUSTOM_HEADERS has a name that HTTP"),
    ],
)
def test_a_value_that_is_no_header_is_refused_by_the_name_of_its_variable(
    variable: str, credential: str, custom: str, said: str
) -> None:
    way = DirectWay(ApiAddress("http", "127.0.0.1", 9, ""), variable, credential, parse_custom_headers(custom))
    with pytest.raises(ConfigurationError, match=said) as caught:
        DirectClient(way)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr([*local_variables(caught.value)])


def local_variables(error: BaseException) -> Iterator[object]:
    """Yield what tools that show local variables would send along with an error, but for those of this test."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename != __file__:
            yield from frame.f_locals.values()


def test_headers_of_the_connection_are_known_by_their_lower_case_names() -> None:
    assert {name.lower() for name in FRAMING_HEADERS} == FRAMING_HEADERS
