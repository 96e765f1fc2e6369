"""The ledger: what was really sent, to the event, and what it costs."""

from __future__ import annotations

import gc
import json

import anyio
import pytest

from agentkit import Agent
from agentkit.budget.prices import cost_of
from agentkit.budget.usage import Usage
from agentkit.run.events import TextDelta
from agentkit.simulator import Quota, Reply, Script, Simulator
from agentkit.simulator.http.wire import ConnectionLost, Response
from agentkit.simulator.ledger import Ledger, LedgerRow
from agentkit.simulator.model_behavior.prompt_cache import count_output_tokens
from tests.simulator.bodies import HEADERS, MARK, TOOL, body
from tests.simulator.faults.wire_client import ask

pytestmark = pytest.mark.anyio

TEXT = "Tea is four euros. " * 20
SAID = Reply.thinking("Hm.") + Reply.text(TEXT) + Reply.tool("find", words=["tea", "cup"])


def answering(reply: Reply = SAID, requests: int = 1_000_000) -> Simulator:
    return Simulator(Script(lambda _: reply), quota=Quota(requests=requests))


async def sent(simulator: Simulator, *, fault: str = "", **fields: object) -> Response:
    data = json.dumps(body(**{"stream": True, "tools": [TOOL], **fields})).encode()
    headers = HEADERS | ({"x-agentkit-fault": fault} if fault else {})
    return await simulator.handle("POST", "/v1/messages", headers, data)


async def read(simulator: Simulator, *, fault: str = "", **fields: object) -> bytes:
    """The bytes of the body up to its end, or until the connection breaks."""
    data = b""
    try:
        async for chunk in (await sent(simulator, fault=fault, **fields)).chunks:
            data += chunk
    except ConnectionLost:
        pass
    return data


def only(ledger: Ledger) -> LedgerRow:
    [row] = ledger.rows
    assert not row.is_open
    assert ledger.concurrency == 0
    return row


def content_bytes(data: bytes) -> int:
    """The bytes of content in the whole events of a stream, counted by hand."""
    size = 0
    for part in data.decode("utf-8", "replace").split("\n\n")[:-1]:
        event = json.loads(part.partition("\ndata: ")[2])
        if event["type"] == "content_block_start":
            size += len(json.dumps(event["content_block"], separators=(",", ":")).encode())
        if event["type"] == "content_block_delta":
            [text] = (value for name, value in event["delta"].items() if name != "type")
            size += len(text.encode())
    return size


@pytest.mark.parametrize("stream", [True, False])
async def test_a_whole_reply_counts_as_it_says_itself(stream: bool) -> None:
    simulator = answering()
    data = await read(simulator, stream=stream)
    row = only(simulator.ledger)
    assert (row.model, row.status, row.is_whole) == ("claude-opus-5-5", 200, True)
    assert row.usage == row.reported
    assert row.usage.input_tokens > 1
    assert row.usage.output_tokens > len(TEXT) // 4
    assert f'"output_tokens":{row.usage.output_tokens}}}'.encode() in data
    assert row.usd == cost_of("claude-opus-5-5", row.usage).usd == simulator.ledger.usd
    assert simulator.ledger.usage == row.usage


@pytest.mark.parametrize("at", [1, 13, 300, 700, 1200, 2000, 3000])
async def test_a_stream_that_breaks_off_has_cost_its_prompt_and_the_events_that_went_out_whole(at: int) -> None:
    simulator = answering()
    data = await read(simulator, fault=f"cut:{at}")
    row = only(simulator.ledger)
    assert (row.status, row.is_whole, len(data)) == (200, False, at)
    assert row.usage.prompt_tokens == row.reported.prompt_tokens > 1
    assert row.usage.output_tokens == max(1, content_bytes(data) // 4) <= row.reported.output_tokens
    assert row.usd == cost_of(row.model, row.usage).usd


async def test_the_events_of_the_content_add_up_to_the_reply() -> None:
    simulator = answering()
    whole = await read(simulator)
    await read(simulator, fault=f"cut:{whole.index(b'event: message_delta')}")
    reply, cut = simulator.ledger.rows
    assert not cut.is_whole
    assert reply.usage.output_tokens - 5 <= cut.usage.output_tokens <= reply.usage.output_tokens
    assert count_output_tokens([{"type": "text", "text": TEXT}]) < cut.usage.output_tokens


async def test_what_breaks_off_behind_the_last_word_was_whole() -> None:
    simulator = answering()
    whole = await read(simulator)
    await read(simulator, fault=f"cut:{len(whole) - 5}")
    assert simulator.ledger.rows[1].is_whole
    assert simulator.ledger.rows[0].usage == simulator.ledger.rows[1].usage


@pytest.mark.parametrize("events", [0, 1, 3, 7])
async def test_an_error_in_the_middle_is_where_it_ends(events: int) -> None:
    simulator = answering()
    data = await read(simulator, fault=f"error_event:{events}")
    row = only(simulator.ledger)
    assert row.usage.prompt_tokens == row.reported.prompt_tokens
    assert (row.is_whole, row.usage.output_tokens) == (False, max(1, content_bytes(data) // 4))


@pytest.mark.parametrize("chunks", [1, 2, 5, 9])
async def test_a_stream_that_is_left_costs_what_was_handed_out(chunks: int) -> None:
    simulator = answering()
    response = await sent(simulator)
    data = b"".join([await anext(response.chunks) for _ in range(chunks)])
    assert simulator.ledger.concurrency == 1
    await response.chunks.aclose()
    row = only(simulator.ledger)
    assert row.usage.prompt_tokens == row.reported.prompt_tokens
    assert (row.is_whole, row.usage.output_tokens) == (False, max(1, content_bytes(data) // 4))


async def test_a_stream_that_stalls_and_is_left_costs_what_came_before() -> None:
    simulator = answering()
    data = b""
    with anyio.move_on_after(0.2):
        response = await sent(simulator, fault="stall:900")
        async for chunk in response.chunks:
            data += chunk
    row = only(simulator.ledger)
    assert len(data) == 900
    assert row.usage.output_tokens == content_bytes(data) // 4 > 1


@pytest.mark.parametrize("fault", ["status:529", "status:400", "drop", "cut:0", "delay:60", "stall:0"])
@pytest.mark.parametrize("stream", [True, False])
async def test_what_brings_no_byte_of_a_reply_costs_nothing_and_is_a_request(fault: str, stream: bool) -> None:
    simulator = answering()
    with anyio.move_on_after(0.1):
        await read(simulator, fault=fault, stream=stream)
    row = only(simulator.ledger)
    assert (row.usage, row.usd, row.is_whole) == (Usage(), 0, False)
    assert row.status == {"status:529": 529, "status:400": 400, "drop": 0, "delay:60": 0}.get(fault, 200)
    assert simulator.ledger.peak_concurrency == 1


async def test_a_reply_nobody_begins_to_read_costs_nothing_however_it_is_let_go() -> None:
    simulator = answering()
    await (await sent(simulator)).chunks.aclose()
    response = await sent(simulator)
    del response
    gc.collect()
    assert [(row.is_open, row.usd) for row in simulator.ledger.rows] == [(False, 0), (False, 0)]
    assert simulator.ledger.concurrency == 0


async def test_a_document_was_written_before_its_first_byte_went_out() -> None:
    simulator = answering()
    await read(simulator, stream=False, fault="cut:3")
    row = only(simulator.ledger)
    assert (row.usage, row.is_whole) == (row.reported, True)


async def test_requests_over_a_rate_limit_and_those_that_break_a_rule() -> None:
    simulator = answering(requests=1)
    await read(simulator)
    await read(simulator)
    await read(simulator, temperature=1)
    assert [row.status for row in simulator.ledger.rows] == [200, 429]
    assert simulator.ledger.usd == simulator.ledger.rows[0].usd
    assert simulator.ledger.usage.requests == 1


async def test_the_same_conversation_has_the_same_digest() -> None:
    simulator = answering()
    await read(simulator, fault="status:529")
    await read(simulator)
    await read(simulator, system="Be brief.")
    first, again, other = (row.conversation for row in simulator.ledger.rows)
    assert first == again != other


async def test_cache_writes_reads_and_price_tiers_count_row_by_row() -> None:
    simulator = answering(Reply.text("Yes."))
    blocks = [{"type": "text", "text": "word " * 100_000, **MARK}]  # over the 100,000 tokens of the first tier
    for _ in range(2):
        await read(simulator, model="claude-haiku-5-5", system=blocks)
    await read(simulator, model="claude-haiku-5-5")
    written, cached, short = simulator.ledger.rows
    assert written.usage.cache_write_5m_tokens == cached.usage.cache_read_tokens > 100_000
    assert written.usd == pytest.approx(cost_of("claude-haiku-5-5", written.usage).usd)
    assert [row.usd for row in simulator.ledger.rows] == [
        pytest.approx((row.usage.input_tokens + 1.25 * row.usage.cache_write_5m_tokens
         + 0.1 * row.usage.cache_read_tokens) * price / 1e6 + row.usage.output_tokens * 5 * price / 1e6)
        for row, price in ((written, 0.5), (cached, 0.5), (short, 0.1))
    ]  # fmt: skip
    assert simulator.ledger.usd == pytest.approx(sum(row.usd or 0 for row in simulator.ledger.rows))


async def test_the_peak_is_how_many_were_answered_at_once() -> None:
    came = 0
    all_came = anyio.Event()

    async def say(_: object) -> Reply:
        nonlocal came
        came += 1
        if came == 7:
            all_came.set()
        await all_came.wait()
        return SAID

    simulator = Simulator(Script(say))
    async with anyio.create_task_group() as tasks:
        for _ in range(7):
            tasks.start_soon(read_by_the_sdk, simulator)
    await read_by_the_sdk(simulator)
    assert (simulator.ledger.peak_concurrency, simulator.ledger.concurrency) == (7, 0)
    assert len(simulator.ledger.rows) == 8


async def read_by_the_sdk(simulator: Simulator) -> None:
    client = simulator.client()
    async with client.messages.stream(
        model="claude-opus-5-5", max_tokens=50, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        await stream.get_final_message()


async def test_an_agent_whose_stream_is_left_has_cost_what_came() -> None:
    simulator = answering(Reply.text(TEXT))
    agent = Agent("clerk", model="claude-opus-5-5", client=simulator.client())
    async with agent.stream("What is tea?") as run:
        async for event in run:
            if isinstance(event, TextDelta):
                break
    row = only(simulator.ledger)
    assert 1 < row.usage.output_tokens < row.reported.output_tokens
    assert not row.is_whole


async def test_over_a_socket_it_is_the_same() -> None:
    simulator = answering()
    async with simulator.serve() as base_url:
        await ask(base_url)
        await ask(base_url, fault="cut:700")
        with anyio.move_on_after(0.3):
            await ask(base_url, fault="stall:700")
        while simulator.ledger.concurrency:  # until the server has heard that we left
            await anyio.sleep(0.01)
    whole, cut, stalled = simulator.ledger.rows
    assert whole.usage == whole.reported
    assert cut.usage == stalled.usage != whole.usage


async def test_a_model_without_a_price_makes_the_sum_unknown() -> None:
    ledger = Ledger()
    ledger.rows = [
        LedgerRow("claude-opus-5-5", "x", usage=Usage(1, 10, 10)),
        LedgerRow("llama", "x", usage=Usage(1, 10, 10)),
    ]
    assert ledger.usd is None
