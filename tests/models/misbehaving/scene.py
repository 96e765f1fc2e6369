"""One scene at a server, and the plays that many of them have."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

import anyio

from tests.models.misbehaving.replies import CHUNKED, JSON, LAST, REPLY, chunk, error_body, sized
from tests.models.misbehaving.server import Exchange, HangUp, Play


def says(*pieces: bytes, closes: bool = False) -> Play:
    """The same pieces for each request."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(*pieces)
        if closes:
            raise HangUp

    return play


def stalls(*pieces: bytes) -> Play:
    async def play(exchange: Exchange) -> None:
        await exchange.say(*pieces)
        await exchange.hang()

    return play


def refuses(status: str, kind: str, *fields: str) -> Play:
    return says(sized(error_body(kind), status, JSON, "request-id: req_1", *fields))


async def closes_when_used_again(exchange: Exchange) -> None:
    """It keeps the connection open, and closes it a moment later."""
    await exchange.say(sized(REPLY))
    await anyio.sleep(0.005)
    raise HangUp


async def lies_about_keeping_alive(exchange: Exchange) -> None:
    """The second request over a connection gets no answer: the server has forgotten it."""
    await exchange.say(sized(REPLY))
    await exchange.stream.receive()
    raise HangUp


async def redirects(exchange: Exchange) -> None:
    if b"/moved" in exchange.head:
        await exchange.say(sized(REPLY if b'"messages"' in exchange.body else b"no body"))
    else:
        await exchange.say(sized(b"", "307 Temporary Redirect", "location: /moved"))


async def redirects_without_end(exchange: Exchange) -> None:
    await exchange.say(sized(b"", "307 Temporary Redirect", "location: /v1/messages"))


async def bytewise(exchange: Exchange) -> None:
    await exchange.say(*(bytes([one]) for one in CHUNKED + chunk(REPLY) + LAST))


async def refuses_early(exchange: Exchange) -> None:
    """It reads no more of the body once it knows the size."""
    await exchange.say(sized(error_body("request_too_large"), "413 Too Large", JSON, "connection: close"))
    exchange.socket.shutdown(socket.SHUT_WR)
    await exchange.hang()


async def refuses_and_resets(exchange: Exchange) -> None:
    """It takes the connection away with the refusal: what is on its way to it is answered with a reset."""
    await exchange.say(sized(error_body("request_too_large"), "413 Too Large", JSON, "connection: close"))
    exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await exchange.stream.aclose()


@dataclass(frozen=True)
class Scene:
    """One way to misbehave, and what a run comes to: the same whatever stands between."""

    play: Play
    outcome: str = "Tea."
    """The answer; or kind, status, code, request id, `again` if it may succeed later, and the wait."""
    requests: int = 1
    """Requests that the server gets from a run with two attempts; of all runs together."""
    kept: int = 1
    """Connections that are open behind the last run."""
    runs: int = 1
    """Runs one after the other, with the same outcome."""
    prompt: str = "Hi"
    reads_body: bool = True
    stalls: bool = False
    """True: it needs a short idle timeout."""
    redirects: bool = False
    """True: the direct client asks once more, by way of the SDK."""
    is_for_ours: bool = False
    """True: the SDK's own connections are not asked, since what they come to depends on the moment."""
    sdks_own: tuple[str, int, int] | None = None
    """Outcome, requests and kept of the SDK's own connections, which the bytes behind a reply are left in."""


def lost(play: Play, *, kind: str = "stream_interrupted", kept: int = 0, stalls: bool = False) -> Scene:
    """No reply that can be used, and a second attempt that comes to no more."""
    return Scene(play, f"{kind} again", requests=2, kept=kept, stalls=stalls)


def breaks_off(play: Play, outcome: str, *, requests: int = 1, stalls: bool = False) -> Scene:
    """A refusal whose body breaks off: its status counts, which the SDK's own connections do not tell."""
    own = ("stream_interrupted again", 2, 0)
    return Scene(play, outcome, requests, kept=0, stalls=stalls, sdks_own=own)
