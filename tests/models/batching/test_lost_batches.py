"""A map in a batch whose process dies: the next one waits for the same batch, and pays for nothing twice."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import anyio
import httpx2
import pytest
from anthropic import AsyncAnthropic
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from agentkit import Agent, Budget, Done, Failed
from agentkit.simulator.http.http_server import serve_http
from agentkit.simulator.http.wire import Headers, Response
from tests.models.batching.batch_servers import BATCHES, BatchServer

pytestmark = pytest.mark.anyio

agent = Agent("doubler", model="claude-haiku-5-5", output=int)
WORST_CASE_USD = 0.0042
"""A bit more than one item reserves at the price of batches."""


class SlowToAnswer(BatchServer):
    """Does not answer submissions, though it has taken the batch, before it is told to."""

    may_answer: anyio.Event | None = None

    async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
        response = await super().handle(method, path, headers, body)
        if method == "POST" and self.may_answer is not None:
            await self.may_answer.wait()
        return response


class Lines:
    """The lines that a process prints, and those that start it anew."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, BufferedByteReceiveStream(process.stdout)

    async def after_start(self) -> str:
        await self._stdin.send(b"\n")
        return await self.next()

    async def next(self) -> str:
        with anyio.fail_after(60):
            return (await self._stdout.receive_until(b"\n", 10_000)).decode()


class Died(BaseException):
    """The process dies."""


class DyingTransport(httpx2.AsyncHTTPTransport):
    """Dies before a batch is sent."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            raise Died
        return await super().handle_async_request(request)


async def mapped(client: AsyncAnthropic, journal: Path, concurrency: int = 16) -> list[Done[int] | Failed]:
    budget = Budget(max_cost_usd=3 * WORST_CASE_USD)
    return await agent.map(
        ["0", "1", "2"], batch=True, client=client, journal=journal, run_id="m", budget=budget, concurrency=concurrency
    )


def outputs(results: list[Done[int] | Failed]) -> list[int | str]:
    return [result.output if isinstance(result, Done) else result.reason for result in results]


async def test_killed_processes_leave_one_batch_that_the_last_one_reads(tmp_path: Path, anyio_backend: str) -> None:
    """The first is killed before its submission is answered, the second while it waits for the batch that it found."""
    server = SlowToAnswer(seconds_per_look=0)
    server.may_answer = anyio.Event()
    async with serve_http(server) as url:
        arguments = [url, str(tmp_path / "runs.db"), str(5 * WORST_CASE_USD), anyio_backend]
        program = [sys.executable, "-m", "tests.models.batching.batched_program", *arguments]
        async with await anyio.open_process(program, stderr=None) as parent:
            lines = Lines(parent)
            for method, end in (("POST", BATCHES), ("GET", "msgbatch_000001")):
                pid = int(await lines.after_start())
                with anyio.fail_after(60):
                    while not server.count(method, end):
                        await anyio.sleep(0.01)
                os.kill(pid, signal.SIGKILL)
                server.may_answer.set()
            server.seconds_per_look = 1_000
            await lines.after_start()
            said, _, usd = (await lines.next()).rpartition(" ")
            parent.kill()
    assert said == "[0, 2, 4, 6, 8]"
    assert server.count("POST", BATCHES) == 1
    assert server.tiers() == ["batch"] * 5
    assert float(usd) == pytest.approx(server.simulator.ledger.usd)


async def test_a_batch_that_was_never_sent_is_submitted_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentkit.models.batching.lost_batches._SECOND_LOOK_S", 0.01)
    server = BatchServer()
    async with serve_http(server) as url:
        async with httpx2.AsyncClient(transport=DyingTransport()) as dying:
            with pytest.raises(Died):
                await mapped(AsyncAnthropic(api_key="k", base_url=url, http_client=dying), tmp_path / "runs.db")
        async with AsyncAnthropic(api_key="k", base_url=url) as client:
            assert outputs(await mapped(client, tmp_path / "runs.db", concurrency=2)) == [0, 2, 4]
    assert server.tiers() == ["batch"] * 3


async def test_items_that_come_when_the_batch_has_ended_find_their_results(tmp_path: Path) -> None:
    server = BatchServer(seconds_per_look=0, refusing=[("POST", "/cancel", 500)])
    async with serve_http(server) as url, AsyncAnthropic(api_key="k", base_url=url) as client:
        await cancelled_map(server, client, tmp_path / "runs.db", looks=2)
        server.seconds_per_look = 1_000
        results = await mapped(client, tmp_path / "runs.db", concurrency=1)
    assert outputs(results) == [0, 2, 4]
    assert (server.count("POST", BATCHES), server.count("GET", "/results")) == (1, 1)
    assert [one.result.usage.requests for one in results if one.result is not None] == [1, 1, 1]


async def test_a_batch_that_the_server_does_not_know_is_not_submitted_again(tmp_path: Path) -> None:
    """Another key, of another workspace: its results are there, and paid for."""
    server = BatchServer(seconds_per_look=0, refusing=[("POST", "/cancel", 500)])
    async with serve_http(server) as url, AsyncAnthropic(api_key="k", base_url=url) as client:
        await cancelled_map(server, client, tmp_path / "runs.db", looks=2)
        server.refusing += [("GET", "msgbatch_000001", 404)] * 3
        results = await mapped(client, tmp_path / "runs.db", concurrency=1)
    assert all("batch msgbatch_000001, which the server does not know" in str(said) for said in outputs(results))
    assert server.count("POST", BATCHES) == 1


async def test_an_item_that_is_resumed_by_itself_waits_for_the_batch_too(tmp_path: Path) -> None:
    server = BatchServer(seconds_per_look=0, refusing=[("POST", "/cancel", 500)])
    async with serve_http(server) as url, AsyncAnthropic(api_key="k", base_url=url) as client:
        await cancelled_map(server, client, tmp_path / "runs.db", looks=2)
        server.seconds_per_look = 1_000
        result = await agent.resume("m/1", client=client, journal=tmp_path / "runs.db")
        assert (result.output, server.tiers()) == (2, ["batch"] * 3)
        server.refusing += [("GET", "msgbatch_000001", 404)]
        failed = await agent.resume("m/2", client=client, journal=tmp_path / "runs.db")
        assert failed.error is not None
    assert (server.count("POST", BATCHES), server.tiers()) == (1, ["batch"] * 3)


async def test_a_map_that_was_cancelled_submits_again_what_its_batch_did_not_come_to(tmp_path: Path) -> None:
    server = BatchServer(seconds_per_request=10, seconds_per_look=6)
    async with serve_http(server) as url, AsyncAnthropic(api_key="k", base_url=url) as client:
        await cancelled_map(server, client, tmp_path / "runs.db", looks=2)
        server.seconds_per_look = 1_000
        assert outputs(await mapped(client, tmp_path / "runs.db")) == [0, 2, 4]
    assert (server.count("POST", "/cancel"), server.count("POST", BATCHES)) == (1, 2)
    assert server.tiers() == ["batch"] * 3


async def cancelled_map(server: BatchServer, client: AsyncAnthropic, journal: Path, looks: int) -> None:
    """Cancel a map when it has looked at its batch so often."""
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(mapped, client, journal)
            while server.count("GET", "msgbatch_000001") < looks:
                await anyio.sleep(0.01)
            scope.cancel()
