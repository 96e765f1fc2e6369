"""The common part of all programs of the benchmark: the tool, and the clock around the conversations.

Standard library only: it runs inside the environments of other people's frameworks, too.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PROMPT = "What does the tea cost in the shop at the corner, at each place?"
INSTRUCTIONS = "You look prices up, one after another, and then say what was found in a sentence."
MODEL = "claude-opus-5-5"
MAX_TOKENS = 4_000

_marks: list[tuple[float, float] | None] = []
"""A mark for each call of the tool: wall clock and CPU time, only where an order wants them, as each costs 10 us."""
_waits_s: list[float] = []
_is_marking = False


async def look(item: str, shop: str, place: int) -> str:
    """Look up the price of an item.

    Args:
        item: What to look up.
        shop: In which shop.
        place: On which place of the list.
    """
    _marks.append((time.perf_counter(), time.process_time()) if _is_marking else None)
    if _waits_s:
        await asyncio.sleep(_waits_s[place])
    return f"{item} at {shop} is 4 EUR, on place {place} of the list."


@dataclass(frozen=True)
class Program:
    """A framework, ready to talk to a server."""

    converse: Callable[[], Awaitable[object]]
    """Hold one conversation to its end."""
    fan_out: Callable[[int], Awaitable[object]] | None = None
    """Hold a number of conversations at once, where the framework has a way of its own. None: each has its own task."""


Open = Callable[[str, bool, int], AbstractAsyncContextManager[Program]]
"""Opens a program, given the base URL, True for streamed replies, and the maximum number of turns."""


Function = Callable[[], Coroutine[object, object, object]]


@dataclass(frozen=True)
class Backend:
    """What runs async functions."""

    run: Callable[[Function], object]
    """Run one to its end, and return its value."""
    gather: Callable[[list[Function]], Awaitable[object]]
    """Await several at once."""


async def _gather(functions: list[Function]) -> None:
    await asyncio.gather(*(function() for function in functions))


ASYNCIO = Backend(lambda function: asyncio.run(function()), _gather)


async def _measure_order(open_program: Open, order: dict[str, object], backend: Backend) -> dict[str, object]:
    global _is_marking  # noqa: PLW0603 - the tool is a plain function, as frameworks want it
    _is_marking = bool(order.get("marks"))
    agents, each, turns = int(order["agents"]), int(order["each"]), int(order["turns"])  # type: ignore[call-overload]
    _waits_s[:] = order.get("waits_s", [])  # type: ignore[arg-type]

    async def one_after_another(count: int) -> None:
        for _ in range(count):
            await program.converse()

    async with open_program(str(order["base_url"]), bool(order["streamed"]), turns) as program:
        if order.get("warm_up", True):
            await backend.gather([partial(one_after_another, 1)] * min(agents, 4))
        _marks.clear()
        gc.collect()
        started_s, started_cpu_s = time.perf_counter(), time.process_time()
        if order.get("fan_out") and program.fan_out is not None:
            await program.fan_out(agents)
        else:
            await backend.gather([partial(one_after_another, each)] * agents)
        wall_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
    return {
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "calls": len(_marks),
        "marks": _marks if _is_marking else [],
        "peak_kb": peak_kb(),
    }


def peak_kb() -> float:
    """Return the peak memory of this process, in kilobytes.

    On Linux `getrusage` also counts what the process was before it became this program: its parent.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # bytes, on macOS
    return next(float(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def serve_orders(
    open_program: Open | None,
    compile_tools: Callable[[list[Callable[..., object]]], object] | None = None,
    backend: Backend = ASYNCIO,
) -> None:
    """Read orders from standard input, one a line, and answer each with a line of figures."""
    if core := os.environ.get("SPEED_CORE"):
        os.sched_setaffinity(0, {int(core)})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no answer
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "tools" in order and compile_tools is not None:
            compile_tools(nested_functions(1))  # what it loads late is no matter of schemas
            functions = nested_functions(order["tools"])
            started_s = time.process_time()
            compile_tools(functions)
            answer: object = {"cpu_s": time.process_time() - started_s}
        else:
            assert open_program is not None, "this program holds no conversations"
            answer = backend.run(partial(_measure_order, open_program, order, backend))
        print(json.dumps(answer), file=answers, flush=True)


_NESTED = '''
from pydantic import BaseModel, Field

class Address{n}(BaseModel):
    street: str = Field(description="Street and number.")
    city: str
    code: int

class Line{n}(BaseModel):
    item: str
    quantity: int = Field(gt=0)
    price: float | None = None
    tags: list[str] = []

class Customer{n}(BaseModel):
    name: str
    address: Address{n}
    others: list[Address{n}] = []

async def order{n}(customer: Customer{n}, lines: list[Line{n}], note: str = "", express: bool = False) -> str:
    """Place an order.

    Args:
        customer: Who orders.
        lines: What is ordered.
        note: For the driver.
        express: Whether it is urgent.
    """
    return "done"
'''


def nested_functions(count: int) -> list[Callable[..., object]]:
    """Return a number of functions whose parameters are pydantic models of their own."""
    functions: list[Callable[..., object]] = []
    for n in range(count):
        names: dict[str, object] = {"__name__": f"tools_{n}"}
        sys.modules[f"tools_{n}"] = type(sys)(f"tools_{n}")
        exec(_NESTED.replace("{n}", str(n)), names)  # noqa: S102 - the text above
        sys.modules[f"tools_{n}"].__dict__.update(names)
        functions.append(names[f"order{n}"])  # type: ignore[arg-type]
    return functions
