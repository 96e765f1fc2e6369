"""A connection on trio: a free one is known to be closed without a task that reads from it."""

from __future__ import annotations

import socket

import pytest

from agentkit.models.wire.trio_connection import open_connection

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "trio"


@pytest.mark.parametrize("is_closed", [True, False])
async def test_a_free_connection_is_usable_until_something_can_be_read(is_closed: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        sock.setblocking(False)
        accepted, _ = listener.accept()
        connection = await open_connection(sock, None, "127.0.0.1")
        assert connection.is_usable
        accepted.close() if is_closed else accepted.sendall(b"x")
        assert not connection.is_usable
        connection.close()
        accepted.close()
        assert not connection.is_usable
