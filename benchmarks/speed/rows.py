"""The measurements: each function returns the rows of one question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from benchmarks.speed import goals as goals_of
from benchmarks.speed.bench import Bench, Row, median_row
from benchmarks.speed.server import ReplyPlan, events_of
from benchmarks.speed.workers import (
    AGENTKIT,
    GIVEN_CLIENT,
    ON_TRIO,
    PYDANTIC,
    READ_BY_STREAM,
    ROOT,
    SDK,
    SDK_FAST,
    SOCKET_AND_JSON,
    TOOL_RUNNER,
    WITH_BUDGET,
)


def cpu_of_a_turn(bench: Bench) -> list[Row]:
    """Measure the CPU of a turn with two calls: streamed, with several numbers of agents at once; and not streamed."""
    rows: list[Row] = []
    play = ReplyPlan(turns=bench.size.turns)
    for agents in bench.size.agents:
        goals = {AGENTKIT: goal} if (goal := goals_of.TURN.get(agents)) else {}
        each = -(-bench.size.conversations // agents)
        found = bench.rounds(play, agents=agents, each=each)
        turns = play.turns * agents * each
        cpu = {name: [one.cpu_s / turns * 1e6 for one in figures] for name, figures in found.items()}
        rows.append(median_row(f"CPU of a streamed turn, {agents} at once", "us", cpu, SDK, goals))
        if agents == 1:
            wall = {name: [one.wall_s / turns * 1e3 for one in figures] for name, figures in found.items()}
            rows.append(median_row("wall clock of a streamed turn, 1 at once", "ms", wall, SDK, {}))
    whole = [worker.runner for worker in bench.main_workers() if worker.runner is not AGENTKIT]
    agents = bench.size.agents[1]
    found = bench.rounds(play, whole, agents=agents, each=1, streamed=False)
    cpu = {name: [one.cpu_s / play.turns / agents * 1e6 for one in figures] for name, figures in found.items()}
    return [*rows, median_row(f"CPU of a turn that is not streamed, {agents} at once", "us", cpu, SDK, {})]


def spaced(bench: Bench) -> list[Row]:
    """Measure the CPU of a streamed turn whose events come one by one, as those of the real API do."""
    ours = (SOCKET_AND_JSON, SDK, SDK_FAST, AGENTKIT)
    agents, play = bench.size.agents[1], ReplyPlan(turns=bench.size.turns, gap_ms=1)
    found = bench.rounds_anew(play, ours, bench.size.processes_spaced, agents=agents)
    cpu = {name: [one.cpu_s / play.turns / agents * 1e6 for one in figures] for name, figures in found.items()}
    what = f"CPU of a streamed turn, its events 1 ms apart, {agents} at once"
    return [median_row(what, "us", cpu, SDK, {AGENTKIT: goals_of.SPACED_TURN})]


def variants(bench: Bench) -> list[Row]:
    """Measure the CPU of a turn where the SDK's client is given, on trio, read by `stream()`, and with a budget."""
    agents, play = bench.size.agents[1], ReplyPlan(turns=bench.size.turns)
    by_sdk = {GIVEN_CLIENT: goals_of.GIVEN_CLIENT, ON_TRIO: goals_of.ON_TRIO}
    by_run = {READ_BY_STREAM: goals_of.READ_BY_STREAM, WITH_BUDGET: goals_of.WITH_BUDGET}
    rows: list[Row] = []
    anew = bench.rounds_anew(play, (AGENTKIT, *by_run), bench.size.processes, agents=agents)
    for said, by, goals, found in (
        ("the SDK's client, trio", SDK, by_sdk, bench.rounds(play, (SDK, *by_sdk), agents=agents)),
        ("stream(), a budget", AGENTKIT, by_run, anew),
    ):
        cpu = {name: [one.cpu_s / play.turns / agents * 1e6 for one in figures] for name, figures in found.items()}
        rows.append(median_row(f"CPU of a streamed turn, {agents} at once: {said}", "us", cpu, by, goals))
    return rows


def growth(bench: Bench) -> list[Row]:
    """Compare the CPU of a late turn of one long run with an early one, by the CPU clock at each call of the tool."""
    turns = bench.size.growth_turns
    early, late = slice(turns // 40, turns // 40 + 8), slice(turns - 14, turns - 6)
    values: dict[str, list[float]] = {}
    for runner in (worker.runner for worker in bench.main_workers()):
        name, play = runner.name, ReplyPlan(turns=turns)
        try:
            with bench.fresh(runner) as one:
                figures = one.run(bench.server, play, marks=True, warm_up=False)
        except RuntimeError as error:  # a framework may end before: one recurses in each turn
            print(f"growth not measured: {error}", file=sys.stderr)
            continue
        marks = [cpu for _, cpu in figures.marks[:: play.calls]]
        used = [after - before for before, after in pairwise(marks)]
        values[name] = [median(used[early]) * 1e3, median(used[late]) * 1e3]
    middle = (late.start + late.stop) // 2
    rows = [
        median_row(
            f"CPU of turn {turn} of {turns}", "ms", {name: [value[at]] for name, value in values.items()}, SDK, {}
        )
        for at, turn in enumerate((turns // 40, middle))
    ]
    factors = {name: [value[1] / value[0]] for name, value in values.items()}
    goals = {AGENTKIT: goals_of.GROWTH}
    return [*rows, median_row(f"growth: CPU of turn {middle} against turn {turns // 40}", "x", factors, 1.0, goals)]


def fan_out(bench: Bench) -> list[Row]:
    """Measure the wall clock of many short runs at once, of which each waits 50 ms for its reply."""
    rows: list[Row] = []
    for agents in bench.size.fan_outs:
        goals = {AGENTKIT: goal} if (goal := goals_of.FAN_OUT.get(agents)) else {}
        found = bench.rounds(ReplyPlan(turns=1, delay_ms=50), agents=agents, fan_out=True)
        wall = {name: [one.wall_s * 1e3 for one in figures] for name, figures in found.items()}
        rows.append(median_row(f"fan-out of {agents:,} at 50 ms a reply", "ms", wall, SDK, goals))
    return rows


def ideal_s(play: ReplyPlan, waits_s: Sequence[float]) -> float:
    """Return the duration of a conversation in which each call starts as soon as its block has ended."""
    total_s = 0.0
    for turn in range(play.turns):
        moved_on: list[float] = []
        is_in_call = False
        at_s = 0.0
        for event in events_of(play, turn):
            at_s += play.gap_ms / 1000
            data = json.loads(event.partition(b"data: ")[2])
            if data["type"] in ("content_block_start", "message_delta"):
                if is_in_call:
                    moved_on.append(at_s)
                is_in_call = data.get("content_block", {}).get("type") == "tool_use"
        total_s += max([at_s, *(start + wait for start, wait in zip(moved_on, waits_s, strict=False))])
    return total_s


def tools_in_parallel(bench: Bench) -> list[Row]:
    """Compare slow tools under a slow stream with the ideal schedule, and under a fast stream with the slowest tool."""
    play = ReplyPlan(turns=3, calls=4, pieces=4, gap_ms=20)
    ours, waits_s = (SDK, TOOL_RUNNER, AGENTKIT), bench.size.waits_s
    found = bench.rounds(play, ours, waits_s=waits_s, warm_up=False)
    slow = {name: [one.wall_s for one in figures] for name, figures in found.items()}
    found = bench.rounds(ReplyPlan(turns=2, calls=4), ours, waits_s=waits_s)
    quick = {name: [one.wall_s for one in figures] for name, figures in found.items()}
    return [
        median_row("eager: four tools in two turns, 20 ms deltas", "s", slow, ideal_s(play, waits_s), {AGENTKIT: 1.03}),
        median_row("four parallel tools, whole conversation", "s", quick, max(waits_s), {AGENTKIT: 1.02}),
    ]


def memory(bench: Bench) -> list[Row]:
    """Measure the additional peak memory of each agent, with many at once, ten turns long."""
    agents, values = bench.size.memory_agents, dict[str, list[float]]()
    for runner in (SDK, AGENTKIT):
        peaks: list[int] = []
        if runner.name in bench.workers:
            for count in (1, agents):
                with bench.fresh(runner) as worker:
                    peaks.append(worker.run(bench.server, ReplyPlan(delay_ms=20), agents=count, warm_up=False).peak_kb)
            values[runner.name] = [(peaks[1] - peaks[0]) / (agents - 1)]
    goals = {AGENTKIT: 150.0}
    return [median_row(f"memory of an agent, {agents} at once", "kB", values, 1.0, goals)]


def compiling(bench: Bench) -> list[Row]:
    """Measure the time from functions with nested models to tools as they are sent, each time in a new process."""
    values: dict[str, list[float]] = {PYDANTIC.name: [], SDK.name: [], AGENTKIT.name: []}
    for _ in range(bench.size.starts):
        for runner in (PYDANTIC, SDK, AGENTKIT):
            with bench.fresh(runner) as worker:
                values[runner.name].append(worker.compile_s(bench.size.tools) * 1e3)
    what = f"{bench.size.tools} tools with nested models, decorated and compiled"
    return [median_row(what, "ms", values, PYDANTIC, {AGENTKIT: goals_of.SCHEMAS})]


_IMPORT = "import time; t = time.perf_counter(); import agentkit; print((time.perf_counter() - t) * 1000)"
_FIRST_AGENTKIT = """
import sys
from agentkit import Agent
Agent("first", model="claude-opus-5-5").run_sync("Hello").output
assert "anthropic" not in sys.modules
"""
_FIRST_SDK = """
import asyncio, anthropic
async def main():
    async with anthropic.AsyncAnthropic() as client:
        hello = [{"role": "user", "content": "Hello"}]
        async with client.messages.stream(model="claude-opus-5-5", max_tokens=16000, messages=hello) as stream:
            await stream.get_final_message()
asyncio.run(main())
"""


def starting(bench: Bench) -> list[Row]:
    """Measure `import agentkit`, and a whole process from its start to its first reply, in turns."""
    place = {
        "ANTHROPIC_BASE_URL": f"{bench.server}/turns=1",
        "ANTHROPIC_API_KEY": "any",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    timed = "import time, os; t = time.perf_counter()\n{}\nprint((time.perf_counter() - t) * 1000)"

    def run(program: str) -> float:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env={**os.environ, **place}, capture_output=True, text=True, check=True)
        return float(done.stdout)

    run(timed.format(_FIRST_AGENTKIT))  # leaves the bytecode that every installed package has
    imports, firsts = list[float](), {SDK.name: list[float](), AGENTKIT.name: list[float]()}
    for _ in range(bench.size.starts):
        imports.append(run(_IMPORT))
        firsts[SDK.name].append(run(timed.format(_FIRST_SDK)))
        firsts[AGENTKIT.name].append(run(timed.format(_FIRST_AGENTKIT)))
    return [
        median_row("import agentkit", "ms", {AGENTKIT.name: imports}, 1.0, {AGENTKIT: 50.0}),
        median_row("from a new process to its first reply", "ms", firsts, SDK, {AGENTKIT: goals_of.FIRST_REPLY}),
    ]


ALL = (cpu_of_a_turn, spaced, variants, growth, fan_out, tools_in_parallel, memory, compiling, starting)
