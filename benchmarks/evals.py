"""The cost of an evaluation: 2,000 trials with a store beside the same runs with a journal, and its memory.

    python -m benchmarks.evals [--trials 2000] [--concurrency 16] [--pairs 3] [--profile]

Both sides run the same agent against the same fake server, each in a process of its own, in turn: conversations of
three turns with a tool call in two of them. The evaluation also grades each trial, keeps it, deletes its run from the
journal and records the history. Times are CPU seconds of the process, imports aside; memory is the highest it took.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio
from anthropic import AsyncAnthropic

from agentkit import Agent, tool
from agentkit.evals import Task, called, evaluate
from agentkit.evals.trial import AnyTrial

MOST_OF_RUNS = 1.2
MOST_BYTES_OF_A_TRIAL = 8_000
TASKS = 20
PATH = "turns=3;calls=1;pieces=10;delay_ms=0;gap_ms=0"


@tool
def look(item: str, shop: str, place: int) -> str:
    """Look an item up."""
    return f"{item} costs 4 EUR at {shop}, place {place}."


AGENT = Agent("clerk", model="claude-opus-5-5", tools=[look])


def has_answer(trial: AnyTrial) -> bool:
    """Grade the answer."""
    return isinstance(trial.output, str)


async def run_alone(url: str, folder: Path, trials: int, concurrency: int) -> None:
    """Run the agent so many times, with a journal."""
    numbers = iter(range(trials))
    async with AsyncAnthropic(api_key="key", base_url=url) as client:

        async def work() -> None:
            for number in numbers:
                prompt = f"What does tea cost in shop {number % TASKS}?"
                await AGENT.run(prompt, client=client, journal=folder / "runs.db", run_id=f"run-{number}")

        async with anyio.create_task_group() as workers:
            for _ in range(concurrency):
                workers.start_soon(work)


async def run_evaluation(url: str, folder: Path, trials: int, concurrency: int) -> None:
    """Evaluate the agent in so many trials, with a store."""
    tasks = [
        Task(f"What does tea cost in shop {number}?", graders=[called("look").times(2), has_answer])
        for number in range(TASKS)
    ]
    async with AsyncAnthropic(api_key="key", base_url=url) as client:
        evaluation = await evaluate(
            AGENT, tasks, tries=trials // TASKS, concurrency=concurrency, store=folder / "evals.db", client=client
        )
    assert all(trial.passed for trial in evaluation.trials), evaluation


SIDES = {"runs": run_alone, "evaluation": run_evaluation}


def measure_here(side: str, url: str, trials: int, concurrency: int, *, profile: bool) -> None:
    """Measure one side in this process, and print CPU seconds, seconds and bytes as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(SIDES[side], url, Path(folder), TASKS, concurrency)  # imports, and what is compiled once
    with tempfile.TemporaryDirectory() as folder:
        given = (SIDES[side], url, Path(folder), trials, concurrency)
        cpu, began = time.process_time(), time.perf_counter()
        if profile:
            profiler = cProfile.Profile()
            profiler.runcall(anyio.run, *given)
            pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumtime").print_stats("evals|journal", 45)
        else:
            anyio.run(*given)
        found = {"cpu_s": time.process_time() - cpu, "seconds": time.perf_counter() - began}
    print(json.dumps({**found, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def measure(side: str, url: str, trials: int, concurrency: int) -> dict[str, float]:
    """Measure one side in a process of its own."""
    program = [sys.executable, "-m", "benchmarks.evals", "--side", side, "--url", url]
    program += ["--trials", str(trials), "--concurrency", str(concurrency)]
    found: dict[str, float] = json.loads(subprocess.run(program, check=True, capture_output=True).stdout)
    return found


def print_table(url: str, trials: int, concurrency: int, pairs: int) -> bool:
    """Measure both sides in turn, print a table, and return True if every goal is met."""
    found = [{side: measure(side, url, trials, concurrency) for side in SIDES} for _ in range(pairs)]
    ratios = [pair["evaluation"]["cpu_s"] / pair["runs"]["cpu_s"] for pair in found]
    most = max(pair["evaluation"]["bytes"] for pair in found)
    few = measure("evaluation", url, trials // 2, concurrency)
    each = (most - few["bytes"]) / (trials - trials // 2)
    ratio = statistics.median(ratios)
    print(f"{trials:,} trials beside runs with a journal   <= {MOST_OF_RUNS} x   {ratio:.2f} x")
    print(f"memory: {most / 1e6:.0f} MB")
    print(f"memory of each further trial             <= {MOST_BYTES_OF_A_TRIAL:,} B   {each:,.0f} B")
    return ratio <= MOST_OF_RUNS and each <= MOST_BYTES_OF_A_TRIAL


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evals", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=2_000, help="trials of the evaluation (default: 2000)")
    parser.add_argument("--concurrency", type=int, default=16, help="trials at once (default: 16)")
    parser.add_argument("--pairs", type=int, default=3, help="how often both sides are measured (default: 3)")
    parser.add_argument("--profile", action="store_true", help="print the profile of one evaluation")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        measure_here(given.side, given.url, given.trials, given.concurrency, profile=given.profile)
        return
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.speed.server"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/{PATH}"
        if given.profile:
            measure_here("evaluation", url, given.trials, given.concurrency, profile=True)
            return
        is_met = print_table(url, given.trials, given.concurrency, given.pairs)
    finally:
        server.kill()
        server.wait()
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
