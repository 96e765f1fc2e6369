"""Clients in several threads may call one local API: nothing is counted twice, lost, or out of order."""

from __future__ import annotations

import json
import sys
from functools import partial

import anyio
import pytest

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.model_behavior.prompt_cache import count_prompt_tokens
from tests.other_loop import in_other_loop
from tests.simulator.bodies import HEADERS, body

pytestmark = pytest.mark.anyio


async def test_requests_of_several_threads_are_counted_once_each_and_recorded_in_one_order() -> None:
    count, threads = 30, 4
    simulator = Simulator(Script(*(Reply.text(f"reply {n}") for n in range(count * threads))), faults=[None] * 200)
    texts: list[str] = []
    ids: list[str] = []

    async def ask_often(thread: int) -> None:
        for n in range(count):
            request = body(messages=[{"role": "user", "content": f"{thread} {n} {'x' * (thread * 1_000 + n)}"}])
            response = await simulator.handle("POST", "/v1/messages", HEADERS, json.dumps(request).encode())
            answer = json.loads(b"".join([chunk async for chunk in response.chunks]))
            texts.append(str(answer["content"][0]["text"]))
            ids.append(response.headers["request-id"])

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        async with anyio.create_task_group() as tasks:
            for thread in range(threads):
                tasks.start_soon(in_other_loop, partial(ask_often, thread))
    finally:
        sys.setswitchinterval(usual)
    assert len(set(texts)) == len(set(ids)) == len(simulator.ledger.rows) == count * threads
    prompts = [row.reported.prompt_tokens for row in simulator.ledger.rows]
    assert prompts == [count_prompt_tokens(request) for request in simulator.requests]
    assert [json.loads(data) for data in simulator.bodies] == simulator.requests
    assert simulator.ledger.concurrency == 0
