"""A connection on asyncio: what the system still holds when sending fails is not lost."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from agentkit.models.wire.asyncio_connection import open_connection
from agentkit.models.wire.errors import ConnectionLost

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_refusal_is_read_although_the_server_has_reset_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        sock.setblocking(False)
        accepted, _ = listener.accept()
        connection = await open_connection(sock, None, "127.0.0.1")
        connection.start_exchange(5)
        accepted.sendall(b"413")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        await connection.send([bytes(1_000_000)])  # fails before the loop has looked for what came
        assert await connection.receive() == b"413"
        with pytest.raises(ConnectionLost):
            await connection.receive()
        assert not connection.is_usable


async def test_a_closed_connection_leaves_no_timer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        sock.setblocking(False)
        connection = await open_connection(sock, None, "127.0.0.1")
        connection.start_exchange(60)
        connection.close()
        await asyncio.sleep(0)
        assert connection._timer is None
        assert sock.fileno() == -1
