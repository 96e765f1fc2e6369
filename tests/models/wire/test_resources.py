"""Large bodies in little memory; several event loops at once; a forked child."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import OK, answering, body_of, pool_of, post, serving

LARGE = 20_000_000
MOST_BESIDE_THE_BODY = 3_000_000
ROOT = Path(__file__).parents[3]


def serve_large_bodies(listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    """Take in one large body and send another, with blocking sockets: asyncio's streams would read ahead."""
    accepted, _ = listener.accept()
    with accepted if tls is None else tls.wrap_socket(accepted, server_side=True) as stream:
        first = stream.recv(100_000)
        rest = first.index(b"\r\n\r\n") + len(b"\r\n\r\n{") + LARGE - len(first)
        buffer = bytearray(100_000)
        while rest > 0:
            rest -= stream.recv_into(buffer)
        stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % LARGE)
        for _ in range(LARGE // len(buffer)):
            stream.sendall(buffer)


@pytest.mark.anyio
@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_large_bodies_go_up_and_come_down_in_little_memory(is_encrypted: bool) -> None:
    tls = certificates()
    server_tls, client_tls = (tls.server, tls.client) if is_encrypted else (None, None)
    body = bytes(LARGE)
    received = 0
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        server = threading.Thread(target=serve_large_bodies, args=(listener, server_tls))
        server.start()
        tracemalloc.start()
        try:
            async with (
                pool_of(listener.getsockname()[1], tls=client_tls, host="localhost") as pool,
                post(pool, b"{", body, idle_timeout_s=30) as response,
            ):
                while piece := await response.read_some():
                    received += len(piece)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        server.join()
    assert received == LARGE
    assert peak < MOST_BESIDE_THE_BODY


def test_five_event_loops_read_beside_one_another() -> None:
    tls = certificates()
    context = tls.client
    bodies: list[bytes] = []

    async def read(port: int) -> None:
        async with pool_of(port, tls=context, host="localhost") as pool:
            bodies.extend([await body_of(pool) for _ in range(5)])

    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(serving(answering(OK), tls=tls.server)) as server,
    ):
        backends = ("asyncio", "trio", "asyncio", "trio", "asyncio")
        threads = [
            threading.Thread(target=anyio.run, args=(read, server.port), kwargs={"backend": backend})
            for backend in backends
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.accepted == 5
    assert bodies == [b"tea"] * 25


FORKING = """
import os, sys, anyio, anyio.to_thread
from tests.models.wire.raw_server import OK, answering, body_of, pool_of, serving

async def request(port):
    async with pool_of(port) as pool:
        assert await body_of(pool) == b"tea"

def fork(port):
    child = os.fork()
    if child == 0:
        anyio.run(request, port, backend=sys.argv[1])
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

async def main():
    async with serving(answering(OK)) as server, pool_of(server.port) as pool:
        await body_of(pool)
        assert await anyio.to_thread.run_sync(fork, server.port) == 7
        await body_of(pool)
        assert server.accepted == 2

anyio.run(main, backend=sys.argv[1])
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_forked_child_has_connections_of_its_own(backend: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKING, backend]
    places = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    subprocess.run(command, check=True, cwd=ROOT, env=places, timeout=50)
