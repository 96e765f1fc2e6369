"""A model whose requests go out directly, to a server that does what a test says."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agentkit.messages.message import user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.claude import ClaudeModel
from agentkit.models.direct.client import DirectClient
from agentkit.models.direct.way import DirectWay, choose_way
from tests.models.misbehaving.server import MisbehavingServer, Play

MODEL = "claude-haiku-5-5"
QUESTION = Request(EncodedPrefix.encode("Be brief.", []), [user("Hi")], {"model": MODEL, "max_tokens": 5})
SECRET = "sk-ant-very-secret"


@asynccontextmanager
async def model_at(play: Play, **environment: str) -> AsyncGenerator[tuple[ClaudeModel, MisbehavingServer]]:
    async with MisbehavingServer(play).serving() as server:
        given = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": server.url, **environment}
        way = choose_way(given, {})
        assert isinstance(way, DirectWay)
        client = DirectClient(way)
        yield ClaudeModel(MODEL, client), server
        await client.close()
        await server.raw.until_all_closed()
        assert client.is_closed()
