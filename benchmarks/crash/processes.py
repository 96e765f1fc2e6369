"""The processes that execute runs: started ahead, given an order, and killed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from anyio.abc import Process, TaskStatus
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from agentkit.messages.message import JSONObject

_ROOT = Path(__file__).parents[2]
_MOST_S = 180.0
"""Seconds after which a process that neither ends nor comes to its point counts as hanging."""


class WorkerFailed(Exception):
    """A process has ended without a result, although nobody has killed it; or it hangs."""


@dataclass(slots=True)
class Worker:
    """One process."""

    process: Process
    hash_seed: str
    _said: str = field(default="", init=False)

    async def order(self, order: JSONObject) -> None:
        """Tell the process what to do."""
        assert self.process.stdin is not None
        await self.process.stdin.send(f"{json.dumps(order)}\n".encode())

    async def read_line(self, *beginnings: str) -> str:
        """Return its next line that begins in one of these ways. Empty: it was killed before.

        Raises:
            WorkerFailed: It has ended by itself, or hangs.
        """
        assert self.process.stdout is not None
        with anyio.move_on_after(_MOST_S) as time:
            while not (found := [one for one in self._said.split("\n")[:-1] if one.startswith(beginnings)]):
                try:
                    self._said += (await self.process.stdout.receive()).decode()
                except anyio.EndOfStream:
                    break
            if found:
                return found[0]
            if await self.process.wait() < 0:
                return ""
        raise WorkerFailed(
            f"A process {'hangs' if time.cancelled_caught else 'has failed'}. It has said:\n{self._said}"
        )

    async def kill(self) -> bool:
        """Kill the process. False: it had ended before."""
        if self.process.returncode is None:
            self.process.kill()
        return await self.process.wait() < 0


@asynccontextmanager
async def open_workers(count: int, *, is_bare: bool) -> AsyncGenerator[MemoryObjectReceiveStream[Worker]]:
    """Yield processes that have imported all that they need: so many are started before they are asked for.

    Args:
        count: The number.
        is_bare: True: they do without the SDK.
    """
    send, receive = anyio.create_memory_object_stream[Worker](count)
    async with anyio.create_task_group() as tasks:
        await tasks.start(_start_workers, send, is_bare)
        try:
            yield receive
        finally:
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                while receive.statistics().current_buffer_used:
                    await close_worker(receive.receive_nowait())
    receive.close()


async def _start_workers(send: MemoryObjectSendStream[Worker], is_bare: bool, *, task_status: TaskStatus[None]) -> None:
    task_status.started()
    async with send:
        while True:
            worker = await _start_worker(is_bare=is_bare)
            try:
                await send.send(worker)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await close_worker(worker)
                raise


async def _start_worker(*, is_bare: bool) -> Worker:
    seed = str(random.randrange(1, 2**32))
    process = await anyio.open_process(
        [sys.executable, "-m", "benchmarks.crash.worker", *(["bare"] if is_bare else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=_ROOT,
        env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
    )
    return Worker(process, seed)


async def close_worker(worker: Worker) -> None:
    """End a process, whatever it does."""
    with anyio.CancelScope(shield=True):
        await worker.kill()
        await worker.process.aclose()
