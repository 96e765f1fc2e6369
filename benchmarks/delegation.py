"""The cost of delegation: many sub-agents at once, a deep tree of agents, and a tool result that is far too long.

    python -m benchmarks.delegation [--rounds 5] [--profile NAME]

Each measurement runs in a process of its own. The fast server of the speed benchmark answers from another one, after
50 ms; it distinguishes orchestrator and sub-agents by the model. `--profile` prints the profile of one measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import dataclasses
import gc
import json
import os
import pstats
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias

import anyio

from agentkit import Agent, RunResult, session, tool
from agentkit.messages.message import Content
from agentkit.models.sdk.transport import open_http_client
from agentkit.run.middleware import CallTool, ToolRun
from benchmarks.speed import server as fast
from benchmarks.speed.measuring import peak_kb
from benchmarks.speed.server import ReplyPlan
from benchmarks.speed.workers import server

STRONG, CHEAP = "claude-opus-5-5", "claude-haiku-5-5"
DELAY_MS = 50
COUNT, CONCURRENCY = 1_000, 64
BRANCHES = 10
ARTIFACT_BYTES = 100_000_000

MOST_OF_IDEAL = 1.3
MOST_TREE_MB = 300
MOST_REQUEST_MB = 1

Figures: TypeAlias = dict[str, float]


# -- the server -------------------------------------------------------------------------------------------------------


class Connection(fast.Connection):
    """Reply with calls for the strong model, with text for the cheap one; to a GET with the longest request so far."""

    longest = 0

    def _answer(self, request: bytes) -> None:
        if request.startswith(b"GET"):
            said = b"%d" % Connection.longest
            self._transport.write(fast.HEADERS + b"content-length: %d\r\n\r\n%b" % (len(said), said))
            return
        Connection.longest = max(Connection.longest, len(request))
        if CHEAP.encode() in request:
            parts = fast.streamed_writes(ReplyPlan(turns=1, pieces=1), 0)
            asyncio.get_running_loop().call_later(DELAY_MS / 1000, self._write, parts, 0)
        else:
            super()._answer(request)


_SERVING = ("-c", "from benchmarks.delegation import serve; serve()")


def serve() -> None:
    """Serve until it is killed."""
    fast.Connection = Connection  # type: ignore[misc]  # what its `main` serves with
    asyncio.run(fast.main())


# -- the measurements -------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class LookInput:
    """The input of a sub-agent; the server fills it in."""

    item: str
    shop: str
    place: int


def look_agent(model: str, *tools: Any, **options: Any) -> Agent[None, LookInput, str]:
    """Return an agent of the benchmark; the server calls whatever is named `look`."""
    return Agent("look", model=model, description="Looks.", input=LookInput, tools=tools, **options)


class DelegationTimer:
    """Middleware of the lead's tools that measures the time from the first delegation's start to the last one's end."""

    def __init__(self) -> None:
        self._began_s = 0.0
        self._ended_s = 0.0

    async def __call__(self, run: ToolRun, next: CallTool) -> Content:
        """Record the start and the end of one delegation."""
        self._began_s = self._began_s or time.perf_counter()
        content = await next(run)
        self._ended_s = time.perf_counter()
        return content

    @property
    def between_s(self) -> float:
        """Seconds from the start of the first delegation to the end of the last."""
        return self._ended_s - self._began_s


async def measure_fan_out(rounds: int) -> Figures:
    """Measure one orchestrator that delegates all at once, in one turn."""
    sub_agent = look_agent(CHEAP)
    found: list[tuple[float, float, float]] = []
    async with session():
        for _ in range(rounds + 1):
            times = DelegationTimer()
            lead = look_agent(STRONG, sub_agent.as_tool(), max_concurrent_calls=CONCURRENCY, around_tool=[times])
            gc.collect()
            started_s, started_cpu_s = time.perf_counter(), time.process_time()
            _check(await lead.run("Look."), COUNT)
            whole_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
            found.append((times.between_s, whole_s, cpu_s))
    between_s, whole_s, cpu_s = map(statistics.median, zip(*found[1:], strict=True))  # the first opens connections
    return {"between_s": between_s, "whole_s": whole_s, "cpu_s": cpu_s}


async def measure_sdk_alone(rounds: int) -> Figures:
    """Measure the same requests without agents, by the SDK's client: the minimum for every framework on top of it."""
    from anthropic import AsyncAnthropic

    limiter = anyio.CapacityLimiter(CONCURRENCY)
    found: list[tuple[float, float]] = []

    async def ask(client: AsyncAnthropic) -> None:
        message: Any = {"role": "user", "content": "Look."}
        async with limiter:
            stream = await client.messages.create(model=CHEAP, max_tokens=16_000, messages=[message], stream=True)
            async for _ in stream:
                pass

    async with AsyncAnthropic(http_client=open_http_client()) as client:
        for _ in range(rounds + 1):
            gc.collect()
            started_s, started_cpu_s = time.perf_counter(), time.process_time()
            async with anyio.create_task_group() as tasks:
                for _ in range(COUNT):
                    tasks.start_soon(ask, client)
            found.append((time.perf_counter() - started_s, time.process_time() - started_cpu_s))
    between_s, cpu_s = map(statistics.median, zip(*found[1:], strict=True))
    return {"between_s": between_s, "cpu_s": cpu_s}


async def measure_tree(_: int) -> Figures:
    """Measure a tree of agents, three levels below a root, all at once."""
    root = look_agent(CHEAP)
    for _ in range(3):
        root = look_agent(STRONG, root.as_tool())
    started_s = time.perf_counter()
    _check(await root.run("Look."), BRANCHES + BRANCHES**2 + BRANCHES**3)
    return {"whole_s": time.perf_counter() - started_s}


async def measure_artifact(_: int) -> Figures:
    """Measure a sub-agent whose tool returns a result that is far too long."""

    @tool(effect="read")
    async def look(item: str, shop: str, place: int) -> str:
        """Return the whole log."""
        line = f"{item}, {shop}, {place}: nothing of note.\n"
        return (line * (ARTIFACT_BYTES // len(line) + 1))[:ARTIFACT_BYTES]

    lead = look_agent(STRONG, look_agent(STRONG, look).as_tool())
    started_s = time.perf_counter()
    _check(await lead.run("Look."), 1)
    return {"whole_s": time.perf_counter() - started_s}


def _check(result: RunResult[str], sub_agents: int) -> None:
    def count(one: RunResult[Any]) -> int:
        assert one.ok, f"{one.agent}: {one.outcome}: {one.reason}"
        return 1 + sum(map(count, one.children))

    assert count(result) == 1 + sub_agents, f"{count(result) - 1} sub-agents ran instead of {sub_agents}"


MEASUREMENTS: Mapping[str, tuple[Callable[[int], Coroutine[None, None, Figures]], ReplyPlan]] = {
    "fan_out": (measure_fan_out, ReplyPlan(turns=2, calls=COUNT, pieces=1, delay_ms=DELAY_MS)),
    "sdk_alone": (measure_sdk_alone, ReplyPlan(turns=1, calls=0, pieces=1, delay_ms=DELAY_MS)),
    "tree": (measure_tree, ReplyPlan(turns=2, calls=BRANCHES, pieces=1, delay_ms=DELAY_MS)),
    "artifact": (measure_artifact, ReplyPlan(turns=2, calls=1, pieces=1, delay_ms=DELAY_MS)),
}


def measure(question: str, rounds: int, *, profiled: bool) -> Figures:
    """Run one measurement in this process; its figures, with the peak memory."""
    profile = cProfile.Profile()
    if profiled:
        profile.enable()
    measurement, _ = MEASUREMENTS[question]
    figures = asyncio.run(measurement(rounds))
    profile.disable()
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
    return {**figures, "peak_mb": peak_kb() / 1e3}


# -- processes and report ---------------------------------------------------------------------------------------------


def measure_in_process(question: str, rounds: int) -> Figures:
    """Run one measurement in a process of its own; its figures, with the longest request that its server received."""
    with server(None, *_SERVING) as (url, _):
        command = [sys.executable, "-m", "benchmarks.delegation", "--measure", question, "--rounds", str(rounds)]
        environment = {**os.environ, **_environment(url, question)}
        output = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        with urllib.request.urlopen(f"{url}/longest") as reply:  # noqa: S310 - our own server
            return {**json.loads(output), "longest_mb": int(reply.read()) / 1e6}


def _environment(url: str, question: str) -> dict[str, str]:
    path = MEASUREMENTS[question][1].path()
    return {"ANTHROPIC_BASE_URL": f"{url}/{path}", "ANTHROPIC_API_KEY": "any"}


def print_table(rounds: int) -> None:
    """Run all measurements, and print a table."""
    ideal_s = COUNT / CONCURRENCY * DELAY_MS / 1000
    many, alone, tall, long = (measure_in_process(question, rounds) for question in MEASUREMENTS)

    def times(figures: Figures) -> str:
        each_ms = figures["cpu_s"] / COUNT * 1000
        return f"{figures['between_s'] / ideal_s:.2f} x: {figures['between_s']:.2f} s, CPU {each_ms:.2f} ms each"

    def row(what: str, figure: str, goal: str = "", *, is_met: bool | None = None) -> None:
        verdict = "" if is_met is None else "met" if is_met else "MISSED"
        print(f"{what:44} {goal:16} {verdict:7} {figure}")

    is_fast = many["between_s"] <= MOST_OF_IDEAL * ideal_s
    goal = f"<= {MOST_OF_IDEAL} x {ideal_s:.2f} s"
    row(f"{COUNT:,} delegations, {CONCURRENCY} at once, over {DELAY_MS} ms", times(many), goal, is_met=is_fast)
    row("  with the lead's two turns", f"{many['whole_s']:.2f} s, {many['peak_mb']:.0f} MB")
    row("  the same requests by the SDK alone", times(alone))
    figure, goal = f"{tall['peak_mb']:.0f} MB, {tall['whole_s']:.2f} s", f"< {MOST_TREE_MB} MB"
    row("10 x 10 x 10 agents below a root", figure, goal, is_met=tall["peak_mb"] < MOST_TREE_MB)
    figure = f"{long['longest_mb']:.3f} MB; {long['peak_mb']:.0f} MB in memory, {long['whole_s']:.2f} s"
    is_short = long["longest_mb"] < MOST_REQUEST_MB
    row("the longest request, with a result of 100 MB", figure, f"< {MOST_REQUEST_MB} MB", is_met=is_short)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delegation", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often the fan-out is timed")
    parser.add_argument("--profile", choices=MEASUREMENTS, metavar="NAME", help=f"one of {', '.join(MEASUREMENTS)}")
    parser.add_argument("--measure", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure, given.rounds, profiled=False)))
    elif given.profile:
        with server(None, *_SERVING) as (url, _):
            os.environ.update(_environment(url, given.profile))
            measure(given.profile, given.rounds, profiled=True)
    else:
        print_table(given.rounds)


if __name__ == "__main__":
    main()
