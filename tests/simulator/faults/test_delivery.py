"""Everything that goes wrong on the way, as a raw client sees it on the wire."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from itertools import pairwise

import anyio
import pytest

from agentkit.simulator import Reply, Script, Simulator, faults
from tests.simulator.faults.wire_client import Seen, ask

pytestmark = pytest.mark.anyio

SAID = Reply.text("Tea is four euros. " * 20) + Reply.tool("find", words=["tea"])


@asynccontextmanager
async def answering(reply: Reply = SAID) -> AsyncGenerator[str]:
    async with Simulator(Script(lambda _: reply)).serve() as base_url:
        yield base_url


async def with_fault(fault: str, *, reply: Reply = SAID, stream: bool = True) -> tuple[Seen, Seen]:
    """The responses with a fault, and without one: of a server that works as before, and of one that had no fault."""
    async with answering(reply) as base_url, answering(reply) as other_url:
        seen = await ask(base_url, fault=fault, stream=stream)
        after = await ask(base_url, stream=stream)
        whole = await ask(other_url, stream=stream)
    assert after.status == 200
    assert after.is_whole
    return seen, whole


async def test_a_delay_comes_before_the_first_byte() -> None:
    seen, whole = await with_fault("delay:0.2")
    assert seen.data == whole.data
    assert seen.pieces[0][0] > 0.19


@pytest.mark.parametrize("stream", [True, False])
async def test_a_dropped_connection_brings_nothing(stream: bool) -> None:
    seen, _ = await with_fault("drop", stream=stream)
    assert (seen.status, seen.data, seen.is_whole) == (0, b"", False)


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 409, 413, 418, 429, 500, 502, 503, 504, 529, 599])
async def test_any_status_comes_with_its_type(code: int) -> None:
    seen, _ = await with_fault(f"status:{code}")
    assert seen.status == code
    assert seen.json["error"]["type"] == faults.ERROR_TYPES.get(code, "api_error")
    assert seen.json["request_id"] == seen.headers["request-id"]
    assert "retry-after" not in seen.headers


@pytest.mark.parametrize("given", ["3", "0.5", "-1", "1e99", "999999999", "soon"])
async def test_retry_after_says_what_it_is_told_to_say(given: str) -> None:
    seen, _ = await with_fault(f"status:429,retry_after={given}")
    assert (seen.status, seen.headers["retry-after"]) == (429, given)


async def test_retry_after_in_milliseconds_has_a_header_of_its_own() -> None:
    seen, _ = await with_fault("status:429,retry_after=250ms")
    assert seen.headers["retry-after-ms"] == "250"
    assert "retry-after" not in seen.headers


async def test_retry_after_can_be_a_date() -> None:
    seen, _ = await with_fault("status:503,retry_after=date30")
    wait = parsedate_to_datetime(seen.headers["retry-after"]) - parsedate_to_datetime(_now())
    assert 20 < wait.total_seconds() < 40


async def test_what_the_sdk_is_told_of_trying_again_can_be_wrong() -> None:
    seen, _ = await with_fault("status:529,should_retry=false")
    assert seen.headers["x-should-retry"] == "false"


async def test_a_stall_is_silence_in_the_middle() -> None:
    seen, whole = await with_fault("stall:100,0.3")
    assert seen.data == whole.data
    gaps = [(later - earlier, n) for n, ((earlier, _), (later, _)) in enumerate(pairwise(seen.pieces))]
    longest, n = max(gaps)
    assert longest > 0.25
    assert sum(size for _, size in seen.pieces[: n + 1]) == 100


async def test_a_stall_without_an_end_can_be_left() -> None:
    async with answering() as base_url:
        with anyio.move_on_after(0.3):
            await ask(base_url, fault="stall")
        assert (await ask(base_url)).is_whole


async def test_a_reply_can_drip_byte_by_byte() -> None:
    seen, whole = await with_fault("drip:1,0.0001", reply=Reply.text("Tea."))
    assert seen.data == whole.data
    assert len(seen.pieces) > len(whole.data) / 4  # a socket may put some together


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("at", [0, 1, 13, 100, 101, 700])
async def test_a_reply_breaks_off_at_any_byte(at: int, stream: bool) -> None:
    seen, whole = await with_fault(f"cut:{at}", stream=stream)
    assert seen.status == 200
    assert seen.data == whole.data[:at]
    assert seen.is_whole is (at >= len(whole.data))


@pytest.mark.parametrize("after", [0, 1, 3, 8])
async def test_an_error_comes_in_the_middle_of_a_stream(after: int) -> None:
    seen, whole = await with_fault(f"error_event:{after}")
    assert seen.status == 200
    assert seen.is_whole
    assert seen.events[:-1] == whole.events[:after]
    assert seen.events[-1] == {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


async def test_without_a_stream_the_same_error_is_a_status() -> None:
    seen, _ = await with_fault("error_event:kind=rate_limit_error", stream=False)
    assert seen.status == 429


async def test_a_fault_that_cannot_be_made_is_refused_and_the_server_goes_on() -> None:
    async with answering() as base_url:
        assert (await ask(base_url, fault="drip:0")).status == 400
        assert (await ask(base_url)).is_whole


async def test_faults_join() -> None:
    seen, whole = await with_fault("delay:0.1 + cut:50")
    assert seen.data == whole.data[:50]
    assert seen.pieces[0][0] > 0.09


def _now() -> str:
    from datetime import UTC, datetime
    from email.utils import format_datetime

    return format_datetime(datetime.now(UTC), usegmt=True)


def test_a_status_that_is_no_error_is_refused() -> None:
    with pytest.raises(ValueError, match="between 400 and 599, not 200"):
        faults.status(200)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_connection_stays_open_behind_the_whole_reply(stream: bool) -> None:
    seen, whole = await with_fault("linger:0.2", stream=stream)
    assert seen.data == whole.data
    assert seen.is_whole


async def test_an_end_marker_comes_with_the_last_event() -> None:
    seen, whole = await with_fault("end_marker")
    assert seen.data == whole.data + b"data: [DONE]\n\n"
    assert seen.pieces[-1][1] > len("data: [DONE]\n\n")
