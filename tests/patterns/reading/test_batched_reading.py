"""A reading whose readers are asked in a message batch: at half the price, and each document once, also if it dies."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest
from anthropic import AsyncAnthropic

from agentkit import Document
from agentkit.patterns import Evidence, ReadResult, plan_reading, read_many
from agentkit.simulator.http.http_server import serve_http
from tests.models.batching.batch_servers import BATCHES, BatchServer
from tests.patterns.reading.scripted_readers import scripted

pytestmark = pytest.mark.anyio

QUESTION = "What is the fee?"
DOCUMENTS = [Document(f"d{number}", f"The fee of card {number} is 12 EUR. " * 200) for number in range(6)]


async def read(client: AsyncAnthropic, journal: Path) -> ReadResult[str]:
    return await read_many(DOCUMENTS, QUESTION, batch=True, client=client, journal=journal, pack_tokens=2_000)


async def test_a_reading_in_a_batch_that_was_interrupted_reads_each_document_once(tmp_path: Path) -> None:
    server = BatchServer(scripted(Evidence("12 EUR", "The fee of card 1 is 12 EUR.", "d1")), seconds_per_look=0)
    server.refusing.append(("POST", "/cancel", 500))  # as if the process had been killed
    async with serve_http(server) as url, AsyncAnthropic(api_key="k", base_url=url) as client:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read, client, tmp_path / "runs.db")
                while server.count("GET", "msgbatch_000001") < 2:
                    await anyio.sleep(0.01)
                scope.cancel()
        server.seconds_per_look = 1_000
        result = await read(client, tmp_path / "runs.db")
    assert result.ok
    assert result.plan.calls > 3
    assert server.count("POST", BATCHES) == 1
    assert server.tiers() == ["batch"] * (result.plan.calls - 1) + ["standard"]
    assert result.cost.usd == pytest.approx(server.simulator.ledger.usd)


KILLED_READING = """
import sys
import anyio
from anthropic import AsyncAnthropic
from agentkit import Document
from agentkit.patterns import read_many

documents = [Document(f"d{number}", f"The fee of card {number} is 12 EUR. " * 200) for number in range(6)]

async def main():
    async with AsyncAnthropic(api_key="k", base_url=sys.argv[1]) as client:
        result = await read_many(
            documents, "What is the fee?", batch=True, client=client, journal=sys.argv[2], pack_tokens=2_000
        )
    print(result.ok, result.usage.requests, len(result.citations), result.cost.usd)

anyio.run(main)
"""


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_process_killed_after_its_batch_was_submitted_pays_for_no_document_twice(tmp_path: Path) -> None:
    server = BatchServer(scripted(Evidence("12 EUR", "The fee of card 1 is 12 EUR.", "d1")), seconds_per_look=0)
    async with serve_http(server) as url:
        program = [sys.executable, "-c", KILLED_READING, url, str(tmp_path / "runs.db")]
        async with await anyio.open_process(program, stderr=None) as process:
            while server.count("GET", "msgbatch_000001") < 2:
                await anyio.sleep(0.01)
            process.kill()
        server.seconds_per_look = 1_000
        ended = await anyio.run_process(program)
    ok, requests, citations, usd = ended.stdout.decode().split()
    assert (ok, citations) == ("True", "1")
    assert server.count("POST", BATCHES) == 1
    assert server.tiers() == ["batch"] * (int(requests) - 1) + ["standard"]
    assert float(usd) == pytest.approx(server.simulator.ledger.usd)


async def test_the_plan_of_a_batched_reading_has_its_prices() -> None:
    direct = await plan_reading(DOCUMENTS, QUESTION, pack_tokens=2_000)
    batched = await plan_reading(DOCUMENTS, QUESTION, pack_tokens=2_000, batch=True)
    assert (direct.calls, direct.input_tokens) == (batched.calls, batched.input_tokens)
    assert batched.seconds > 3_600
    assert direct.min_cost_usd is not None
    assert batched.min_cost_usd is not None
    assert direct.min_cost_usd / 2 < batched.min_cost_usd < direct.min_cost_usd
