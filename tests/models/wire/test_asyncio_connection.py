"""A connection on asyncio: nothing is left of one that was closed."""

from __future__ import annotations

import asyncio
import socket
from contextvars import Context

import pytest

from agentkit.models.wire.asyncio_connection import open_connection

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_closed_connection_leaves_no_timer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        sock.setblocking(False)
        connection = await open_connection(sock, None, "127.0.0.1", Context())
        connection.start_exchange(60)
        connection.close()
        await asyncio.sleep(0)
        assert connection._timer is None
        assert sock.fileno() == -1
