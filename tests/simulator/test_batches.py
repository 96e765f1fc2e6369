"""Message batches, through the official SDK."""

from __future__ import annotations

from typing import Any

import anthropic
import anyio
import pytest

from agentkit.simulator import BatchPace, Reply, Script, Simulator
from tests.simulator.bodies import body

pytestmark = pytest.mark.anyio


def request(custom_id: str, **fields: object) -> Any:
    return {"custom_id": custom_id, "params": body(**fields)}


def answering() -> Simulator:
    return Simulator(Script(lambda _: Reply.text("Yes.")))


async def results_of(client: anthropic.AsyncAnthropic, batch_id: str) -> dict[str, Any]:
    return {line.custom_id: line.result async for line in await client.messages.batches.results(batch_id)}


async def test_a_batch_is_worked_off_and_its_results_are_read() -> None:
    simulator = answering()
    client = simulator.client()
    batch = await client.messages.batches.create(requests=[request("one"), request("two", temperature=1)])
    assert batch.processing_status == "in_progress"
    assert batch.request_counts.processing == 2
    assert batch.results_url is None
    ended = await client.messages.batches.retrieve(batch.id)
    assert ended.processing_status == "ended"
    counts = ended.request_counts
    assert (counts.succeeded, counts.errored, counts.processing) == (1, 1, 0)
    results = await results_of(client, batch.id)
    assert list(results) == ["two", "one"]  # the API does not promise the order of the requests
    assert results["one"].message.content[0].text == "Yes."
    assert results["one"].message.usage.service_tier == "batch"
    assert results["two"].error.error.message == "temperature: Extra inputs are not permitted"
    assert len(simulator.requests) == 1
    assert [row.record["service_tier"] for row in simulator.ledger.rows] == ["batch"]


async def test_a_batch_over_http() -> None:
    async with answering().serve() as base_url, anthropic.AsyncAnthropic(api_key="k", base_url=base_url) as client:
        batch = await client.messages.batches.create(requests=[request("one")])
        await client.messages.batches.retrieve(batch.id)
        assert set(await results_of(client, batch.id)) == {"one"}


async def test_a_batch_is_canceled_before_anything_is_done() -> None:
    simulator = answering()
    client = simulator.client()
    batch = await client.messages.batches.create(requests=[request("one"), request("two")])
    await client.messages.batches.cancel(batch.id)
    ended = await client.messages.batches.retrieve(batch.id)
    assert ended.cancel_initiated_at is not None
    assert ended.request_counts.canceled == 2
    assert {result.type for result in (await results_of(client, batch.id)).values()} == {"canceled"}
    assert simulator.requests == []
    with pytest.raises(anthropic.BadRequestError, match="has ended and cannot be canceled"):
        await client.messages.batches.cancel(batch.id)


async def test_a_batch_that_several_ask_for_is_worked_off_once() -> None:
    async def slow(_: object) -> Reply:
        await anyio.sleep(0.01)
        return Reply.text("Yes.")

    simulator = Simulator(Script(slow))
    client = simulator.client()
    batch = await client.messages.batches.create(requests=[request("one"), request("two")])
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(client.messages.batches.retrieve, batch.id)
    assert len(simulator.requests) == 2
    assert (await client.messages.batches.retrieve(batch.id)).request_counts.succeeded == 2
    assert set(await results_of(client, batch.id)) == {"one", "two"}


async def test_a_batch_that_is_canceled_while_it_is_worked_off_has_one_result_for_each_request() -> None:
    began, may_end = anyio.Event(), anyio.Event()

    async def slow(request: dict[str, Any]) -> Reply:
        if request["max_tokens"] == 2:
            began.set()
            await may_end.wait()
        return Reply.text("Yes.")

    client = Simulator(Script(slow)).client()
    asked = [request(f"number{n}", max_tokens=n) for n in (1, 2, 3)]
    batch = await client.messages.batches.create(requests=asked)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.messages.batches.retrieve, batch.id)
        await began.wait()
        counts = (await client.messages.batches.list()).data[0].request_counts
        assert (counts.processing, counts.succeeded) == (3, 0)  # they are counted when the batch has ended
        await client.messages.batches.cancel(batch.id)
        may_end.set()
    results = await results_of(client, batch.id)
    assert {name: result.type for name, result in results.items()} == {
        "number1": "succeeded",
        "number2": "succeeded",  # it was in work
        "number3": "canceled",
    }


async def test_a_batch_takes_its_time_and_shows_results_only_when_it_has_ended() -> None:
    now = 0.0

    def answer(request: dict[str, Any]) -> Reply:
        return Reply.failure(529, "overloaded_error") if request["max_tokens"] == 2 else Reply.text("Yes.")

    pace = BatchPace(seconds_per_request=10, expires_s=100, clock=lambda: now)
    simulator = Simulator(Script(answer), batch_pace=pace)
    client = simulator.client()
    batch = await client.messages.batches.create(requests=[request(f"n{n}", max_tokens=n) for n in (1, 2, 3)])
    for seconds, answered in ((9.0, 0), (10.0, 1), (25.0, 2)):
        now = seconds
        looked = await client.messages.batches.retrieve(batch.id)
        assert (looked.processing_status, looked.request_counts.processing) == ("in_progress", 3)
        assert len(simulator.requests) == answered
    with pytest.raises(anthropic.AnthropicError):
        await results_of(client, batch.id)
    now = 30.0
    (ended,) = (await client.messages.batches.list()).data
    assert (ended.processing_status, ended.request_counts.succeeded, ended.request_counts.errored) == ("ended", 2, 1)
    results = await results_of(client, batch.id)
    assert results["n2"].error.error.type == "overloaded_error"


async def test_a_batch_expires_and_a_canceled_one_needs_a_while() -> None:
    now = 0.0
    pace = BatchPace(seconds_per_request=10, expires_s=25, cancel_s=5, clock=lambda: now)
    client = Simulator(Script(lambda _: Reply.text("Yes.")), batch_pace=pace).client()
    late, stopped = [await client.messages.batches.create(requests=[request(n) for n in "abc"]) for _ in range(2)]
    now = 12.0
    assert (await client.messages.batches.cancel(stopped.id)).processing_status == "canceling"
    now = 16.0
    assert (await client.messages.batches.cancel(stopped.id)).processing_status == "canceling"
    now = 30.0
    for batch, rest in (
        (late, ["succeeded", "succeeded", "expired"]),
        (stopped, ["succeeded", "canceled", "canceled"]),
    ):
        assert (await client.messages.batches.retrieve(batch.id)).processing_status == "ended"
        results = await results_of(client, batch.id)
        assert [results[n].type for n in "abc"] == rest


async def test_batches_are_listed_newest_first_and_deleted() -> None:
    client = answering().client()
    batches = [await client.messages.batches.create(requests=[request("one")]) for _ in range(5)]
    listed = [batch.id async for batch in client.messages.batches.list(limit=2)]
    assert listed == [batch.id for batch in reversed(batches)]
    with pytest.raises(anthropic.BadRequestError, match="cancel it first"):
        await client.messages.batches.delete(batches[0].id)
    await client.messages.batches.retrieve(batches[0].id)
    assert (await client.messages.batches.delete(batches[0].id)).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.batches.retrieve(batches[0].id)


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ([], "requests: List should have between 1 and 100000 items"),
        ([request("a b")], "requests.0.custom_id: String should match pattern"),
        ([request("a"), request("a")], "requests: custom_id must be unique. Found more than once: a"),
        ([{"custom_id": "a"}], "requests.0.params: Field required"),
        (["a"], "requests.0: Input should be a valid dictionary"),
        ([request("a", stream=True)], "requests.0.params.stream: streaming is not supported"),
        ([request("a", max_tokens=0)], "requests.0.params.max_tokens: 0 cannot be combined with a batch"),
        (None, "requests: Field required"),
    ],
)
async def test_a_batch_that_is_none_is_refused(requests: Any, words: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await answering().client().messages.batches.create(requests=requests)
    assert str(caught.value.api_message).startswith(words)


@pytest.mark.parametrize(
    ("params", "headers"),
    [
        ({"context_management": {"edits": []}}, {"anthropic-beta": "context-management-2025-06-27"}),
        ({"temperature": 0.1}, {"anthropic-version": "2023-06-01"}),
        ({"mcp_servers": []}, {"anthropic-beta": "fast-mode-2026-02-01,mcp-client-2026-09-15"}),
    ],
)
async def test_the_betas_and_the_version_of_a_batch_hold_for_its_requests(
    params: dict[str, object], headers: dict[str, str]
) -> None:
    client = answering().client()
    kinds: list[str] = []
    for given in (headers, {}):
        batch = await client.messages.batches.create(requests=[request("one", **params)], extra_headers=given)
        await client.messages.batches.retrieve(batch.id)
        kinds.append((await results_of(client, batch.id))["one"].type)
    assert kinds == ["succeeded", "errored"]
