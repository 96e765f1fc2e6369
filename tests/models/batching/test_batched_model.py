"""A map in message batches: half the price, one batch a turn, and each item with a result of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import anyio
import pytest

from agentkit import Agent, Budget, ConfigurationError, Done, Failed, Outcome, Settings, UsageError, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator.http.http_server import serve_http
from agentkit.testing import Reply, script
from tests.models.batching.batch_servers import BATCHES, BatchServer, double
from tests.pacing import Paced

pytestmark = pytest.mark.anyio

agent = Agent("doubler", model="claude-haiku-5-5", output=int)


@asynccontextmanager
async def client_of(server: BatchServer) -> AsyncGenerator[anthropic.AsyncAnthropic]:
    async with serve_http(server) as url, anthropic.AsyncAnthropic(api_key="k", base_url=url) as client:
        yield client


def outputs(results: Iterable[Done[int] | Failed]) -> list[int | str]:
    return [result.output if isinstance(result, Done) else result.reason for result in results]


async def test_each_turn_of_all_items_is_one_batch_at_half_the_price_also_with_tools() -> None:
    @tool(effect="read")
    def look_up(number: int) -> int:
        """Look up a number."""
        return 2 * number

    def answer(request: JSONObject) -> Reply:
        if len(request["messages"]) == 1:
            return Reply.tool("look_up", number=int(request["messages"][0]["content"]))
        return Reply.output(int(request["messages"][-1]["content"][0]["content"]))

    server = BatchServer(answer)
    with_tool = Agent("doubler", model="claude-haiku-5-5", output=int, tools=[look_up])
    async with client_of(server) as client:
        results = await with_tool.map(map(str, range(20)), batch=True, client=client)
        direct = await with_tool.run("1", client=server.simulator.client())
    assert outputs(results) == [2 * n for n in range(20)]
    assert server.count("POST", BATCHES) == 2
    assert server.tiers() == ["batch"] * 40 + ["standard"] * 2
    assert sum("stream" in request for request in server.simulator.requests) == 2
    first = results[1].result
    assert first is not None
    assert direct.cost.usd is not None
    assert first.cost.usd == pytest.approx(direct.cost.usd / 2)
    assert first.usage.requests == 2
    assert all(charge.price == first.charges[0].price for charge in first.charges)


async def test_results_of_a_batch_come_as_they_complete_and_go_to_progress() -> None:
    seen: list[int] = []
    server = BatchServer()
    async with client_of(server) as client:
        results = agent.as_completed(["1", "2"], batch=True, client=client, progress=lambda one: seen.append(one.index))
        assert {result.index for result in [result async for result in results]} == {0, 1} == {*seen}
    assert server.count("POST", BATCHES) == 1


async def test_each_failed_request_is_that_of_its_item_and_is_retried_where_that_helps() -> None:
    failures = {"1": (529, "overloaded_error"), "2": (400, "invalid_request_error")}

    def answer(request: JSONObject) -> Reply:
        said = request["messages"][0]["content"]
        if (failure := failures.get(said)) is None:
            return double(request)
        if said == "1":
            del failures["1"]
        return Reply.failure(*failure, "Simulated")

    server = BatchServer(answer)
    async with client_of(server) as client:
        results = await agent.map(["0", "1", "2"], batch=True, client=client)
    said = "The API answered 400 invalid_request_error: Simulated"
    assert outputs(results) == [0, 2, f"{said}. The message was taken back."]
    assert server.count("POST", BATCHES) == 2


async def test_what_has_expired_is_requested_directly_at_the_full_price() -> None:
    server = BatchServer(seconds_per_request=10, expires_s=25)
    async with client_of(server) as client:
        results = await agent.map(["0", "1", "2"], batch=True, client=client, budget=Budget(max_cost_usd=1))
    assert outputs(results) == [0, 2, 4]
    assert server.tiers() == ["batch", "batch", "standard"]
    costs = sorted(one.result.cost.usd or 0 for one in results if one.result is not None)
    assert costs[2] == pytest.approx(2 * costs[0], rel=0.1)


async def test_a_batch_that_is_not_through_in_time_is_canceled_and_nothing_is_paid_twice() -> None:
    server = BatchServer(seconds_per_look=0.6)
    async with client_of(server) as client:
        results = await agent.map(["0", "1", "2", "3"], batch=True, batch_wait_s=0.25, client=client)
    assert outputs(results) == [0, 2, 4, 6]
    assert server.count("POST", "/cancel") == 1
    assert len(server.tiers()) == 4
    assert {"batch", "standard"} == {*server.tiers()}


async def test_a_cancelled_map_cancels_its_batch() -> None:
    server = BatchServer(seconds_per_look=0)
    async with client_of(server) as client:
        with anyio.move_on_after(10) as scope:
            async with anyio.create_task_group() as tasks:

                async def cancel_when_submitted() -> None:
                    while server.count("GET", "msgbatch_000001") < 2:
                        await anyio.sleep(0.01)
                    scope.cancel()

                tasks.start_soon(cancel_when_submitted)
                await agent.map(["0", "1"], batch=True, client=client)
    assert server.count("POST", "/cancel") == 1
    assert server.tiers() == []


async def test_a_batch_that_somebody_else_cancels_is_not_submitted_again() -> None:
    server = BatchServer(seconds_per_look=0)

    async def cancel(client: anthropic.AsyncAnthropic) -> None:
        while server.count("POST", BATCHES) == 0:
            await anyio.sleep(0.01)
        await client.messages.batches.cancel("msgbatch_000001")

    async with client_of(server) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(cancel, client)
        (failed,) = await agent.map(["0"], batch=True, client=client)
    assert isinstance(failed, Failed)
    assert "was canceled, and not by this program" in failed.reason
    assert server.count("POST", BATCHES) == 1


async def test_looks_at_a_batch_that_fail_are_repeated() -> None:
    server = BatchServer(
        losing=[("GET", "msgbatch_000001"), ("GET", "/results")],
        refusing=[("GET", "msgbatch_000001", 500), ("GET", "/results", 529)],
    )
    async with client_of(server) as client:
        assert outputs(await agent.map(["0", "1"], batch=True, client=client)) == [0, 2]
    assert server.tiers() == ["batch"] * 2


async def test_a_submission_whose_answer_is_lost_is_looked_for_before_it_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentkit.models.batching.lost_batches._SECOND_LOOK_S", 0.01)
    for is_made, submissions in ((True, 1), (False, 2)):
        server = BatchServer()
        async with client_of(server) as client:
            others = [{"custom_id": f"other-{n}", "params": {}} for n in range(2)]
            await client.messages.batches.create(requests=others)  # type: ignore[arg-type]
            server.calls.clear()
            if is_made:
                server.losing.append(("POST", BATCHES))
            else:
                server.refusing.append(("POST", BATCHES, 503))
            results = await agent.map(["0", "1"], batch=True, client=client)
        assert outputs(results) == [0, 2]
        assert server.count("POST", BATCHES) == submissions
        assert server.tiers() == ["batch"] * 2


async def test_a_budget_reserves_at_the_price_of_batches() -> None:
    small = Agent("small", model="claude-haiku-5-5", output=int, settings=Settings(max_tokens=10_000))
    asked: list[int] = []
    for batch in (True, False):  # 10,000 tokens are 0.005 USD at the price of the table
        server = BatchServer()
        async with client_of(server) as client:
            await small.map(["1"], batch=batch, client=client, budget=Budget(max_cost_usd=0.003))
        asked.append(server.simulator.requests[0]["max_tokens"])
    assert asked[0] == 10_000
    assert asked[1] < 6_000


async def test_a_run_that_waits_for_the_budget_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentkit.models.batching.collector._QUIET_S", 0.1)
    server = BatchServer()
    async with client_of(server) as client:
        results = await agent.map(["0", "1", "2"], batch=True, client=client, budget=Budget(max_output_tokens=9_000))
    assert outputs(results) == [0, 2, 4]


async def test_chunks_are_cut_by_requests_by_bytes_and_by_betas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentkit.models.batching.collector.MAX_REQUESTS", 3)
    server = BatchServer()
    async with client_of(server) as client:
        assert outputs(await agent.map(map(str, range(7)), batch=True, client=client)) == [2 * n for n in range(7)]
    assert server.count("POST", BATCHES) == 3
    monkeypatch.setattr("agentkit.models.batching.collector.MAX_BYTES", 10)
    async with client_of(server) as client:
        await agent.map(["0", "1"], batch=True, client=client)
    assert server.count("POST", BATCHES) == 5


async def test_a_request_that_is_refused_with_its_batch_costs_no_other() -> None:
    server = BatchServer(refusing=[("POST", BATCHES, 400)], refusal="requests.1.params.system: Input is not valid")
    async with client_of(server) as client:
        results = await agent.map(["0", "1", "2"], batch=True, client=client, concurrency=3)
    failed = [result for result in results if isinstance(result, Failed)]
    assert ["requests.1.params.system" in one.reason for one in failed] == [True]
    assert (server.count("POST", BATCHES), server.tiers()) == (2, ["batch"] * 2)


async def test_a_batch_that_is_too_large_for_the_server_is_submitted_in_parts() -> None:
    server = BatchServer(refusing=[("POST", BATCHES, 413)])
    async with client_of(server) as client:
        results = await agent.map(["0", "1", "2"], batch=True, client=client)
    assert outputs(results) == [0, 2, 4]
    assert server.count("POST", BATCHES) >= 3


async def test_sub_agents_are_asked_directly() -> None:
    def answer(request: JSONObject) -> Reply:
        if request["model"] == "claude-haiku-5-5":
            return Reply.text("7")
        return Reply.text("Seven.") if len(request["messages"]) > 1 else Reply.tool("reader", objective="Read.")

    reader = Agent("reader", model="claude-haiku-5-5", description="Reads.")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])
    server = BatchServer(answer)
    async with client_of(server) as client:
        (done,) = await lead.map(["Go."], batch=True, client=client)
    assert isinstance(done, Done)
    assert server.tiers() == ["batch", "batch", "standard"]


async def test_what_has_no_batches_is_refused_at_once_in_a_sentence() -> None:
    clients: list[Any] = [
        anthropic.AsyncAnthropicBedrock(aws_access_key="k", aws_secret_key="k", aws_region="us-east-1"),
        anthropic.AsyncAnthropicVertex(region="us-east5", project_id="p", access_token="t"),
        anthropic.AsyncAnthropicFoundry(resource="r", api_key="k"),
    ]
    for client in clients:
        with pytest.raises(ConfigurationError, match=f"{type(client).__name__} has none: leave `batch=True` out"):
            await agent.map(["0"], batch=True, client=client)
        await client.close()
    with pytest.raises(ConfigurationError, match="is a Paced: leave `batch=True` out"):
        await Agent("own", model=Paced([])).map(["0"], batch=True)
    without = BatchServer(refusing=[("POST", BATCHES, 404)])
    async with client_of(without) as local:
        with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1 has no message batches"):
            await agent.map(["0", "1"], batch=True, client=local)
    assert without.simulator.requests == []


async def test_batches_work_where_replies_are_scripted_and_wrong_options_are_refused() -> None:
    with script(double) as model:
        assert outputs(await agent.map(["3"], batch=True)) == [6]
        assert "stream" not in model.requests[0]
        assert await agent.map([], batch=True) == []
        with pytest.raises(UsageError, match="batch_wait_s"):
            await agent.map(["3"], batch=True, batch_wait_s=0)
        with pytest.raises(UsageError, match="True or False"):
            await agent.map(["3"], batch="yes")  # type: ignore[arg-type]  # the wrong type on purpose


async def test_refused_credentials_end_every_item() -> None:
    server = BatchServer(refusing=[("POST", BATCHES, 401)])
    async with client_of(server) as client:
        results = await agent.map(["0", "1"], batch=True, client=client)
    assert [result.outcome for result in results if isinstance(result, Failed)] == [Outcome.FAILED] * 2
    assert server.count("POST", BATCHES) == 1
