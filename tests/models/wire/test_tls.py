"""TLS: the authorities that are trusted, a wrong name, a server that speaks another protocol."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import anyio
import anyio.abc
import httpx2
import pytest
from anyio.streams.tls import TLSStream

from agentkit.models.wire.dialing import Dialer, Server
from agentkit.models.wire.errors import ConnectFailed, ConnectTimedOut, WireError
from agentkit.models.wire.tls import UnusableAuthorities, tls_context
from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import OK, answering, body_of, pool_of, read_request, serving

pytestmark = pytest.mark.anyio

LARGE = b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + bytes(3_000_000)


async def test_a_server_is_trusted_that_the_authority_vouches_for() -> None:
    tls = certificates()
    async with serving(answering(OK), tls=tls.server) as server:
        async with pool_of(server.port, tls=tls.client, host="localhost") as pool:
            assert [await body_of(pool, b"x" * size) for size in (0, 1, 2_000_000)] == [b"tea"] * 3
            assert server.accepted == 1
        await server.until_all_closed()


async def test_a_large_body_comes_over_tls() -> None:
    tls = certificates()
    async with (
        serving(answering(LARGE), tls=tls.server) as server,
        pool_of(server.port, tls=tls.client, host="localhost") as pool,
    ):
        assert len(await body_of(pool)) == 3_000_000


async def test_a_second_response_in_one_packet_with_the_first_is_nobodys() -> None:
    tls = certificates()

    async def answer_twice(stream: anyio.abc.ByteStream) -> None:
        assert isinstance(stream, TLSStream)
        while True:
            await read_request(stream)
            for body in (b"tea", b"ale"):
                record = OK.replace(b"tea", body)
                stream._ssl_object.write(record)  # pyright: ignore[reportPrivateUsage]
            await stream.transport_stream.send(stream._write_bio.read())  # pyright: ignore[reportPrivateUsage]

    async with (
        serving(answer_twice, tls=tls.server) as server,
        pool_of(server.port, tls=tls.client, host="localhost") as pool,
    ):
        assert [await body_of(pool) for _ in range(3)] == [b"tea"] * 3
        assert server.accepted == 3


@pytest.mark.parametrize(("host", "trusts"), [("127.0.0.1", True), ("localhost", False)])
async def test_a_wrong_name_and_an_unknown_authority_are_refused(host: str, trusts: bool) -> None:
    tls = certificates()
    context = tls.client if trusts else ssl.create_default_context()
    async with serving(answering(OK), tls=tls.server) as server, pool_of(server.port, tls=context, host=host) as pool:
        with pytest.raises(ConnectFailed) as caught:
            await body_of(pool)
        assert isinstance(lowest(caught.value), ssl.SSLCertVerificationError)
        await server.until_all_closed()


async def test_a_server_without_tls_is_an_error_of_tls() -> None:
    async def greet(stream: anyio.abc.ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(greet) as server, pool_of(server.port, tls=certificates().client, host="localhost") as pool:
        with pytest.raises(ConnectFailed) as caught:
            await body_of(pool)
        assert isinstance(lowest(caught.value), ssl.SSLError)


async def test_a_server_that_leaves_the_handshake_open_is_given_up() -> None:
    async def say_nothing(stream: anyio.abc.ByteStream) -> None:
        while True:
            await stream.receive()

    async with serving(say_nothing) as server:
        with pytest.raises(ConnectTimedOut):
            await Dialer(Server("localhost", server.port, certificates().client)).connect(0.05)
        await server.until_all_closed()


async def test_a_server_with_tls_is_no_http_to_who_speaks_none() -> None:
    async with serving(answering(OK), tls=certificates().server) as server, pool_of(server.port) as pool:
        with pytest.raises(WireError):
            await body_of(pool)
        await server.until_all_closed()


def lowest(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def test_the_variables_name_the_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "authority.pem"
    file.write_text(certificates().authority, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = tls_context()
    assert tls_context() is context
    os.utime(file, ns=(1, 1))  # it was written anew, as authorities are while a service runs
    assert tls_context() is not context
    assert len(context.get_ca_certs()) == 1
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls_context().get_ca_certs() == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(UnusableAuthorities, match=r"^SSL_CERT_FILE=.*missing\.pem: No such file or directory$"):
        tls_context()
    file.write_text("no certificate", encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(UnusableAuthorities, match=r"authority\.pem: it holds no certificate"):
        tls_context()
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    with pytest.raises(UnusableAuthorities, match=r"^SSL_CERT_DIR=.*missing: No such directory$"):
        tls_context()


def test_without_variables_the_authorities_are_those_of_the_sdks_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    ours, theirs = tls_context(), httpx2.create_ssl_context()
    assert ours.get_ca_certs() == theirs.get_ca_certs()
    assert (ours.verify_mode, ours.check_hostname) == (theirs.verify_mode, theirs.check_hostname)
