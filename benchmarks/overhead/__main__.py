"""The overhead of retries, budgets, rate limiter, watchdog and redaction without failures: CPU per turn by layer.

    python -m benchmarks.overhead [--rounds 20] [--turns 20] [--core 1] [--against CHECKOUT]

The server is that of the speed benchmark, in a process of its own; what is measured is the CPU time of this process
for conversations of 20 turns with two calls each, through the SDK's client and a socket. A layer is removed by
replacing it with the least that does its work in the absence of failures. All variants take turns, a round each, and a
figure is the minimum of the rounds: the differences between rounds come from other programs. The Python calls of
agentkit's own functions are counted as well, in another conversation; they are the same on a machine that is busy. A
layer whose removal saves no call is not really removed, and the benchmark ends with an error.

`--against CHECKOUT` measures this checkout beside another one, as before and after a change. It runs the rows that
need public names only, so that the other checkout may be laid out differently: as it is, streamed (`Agent.stream`,
every event read), in one and three budgets, and with a guardrail that passes at once. The layers are not among them,
since their replacements know the inside of this checkout. Each checkout runs in a process of its own, with the
interpreter and the dependencies of this one, and the two take turns, a conversation each. A time is the minimum of
all; its ratio, here to there, is the median of the ratios of neighbouring conversations, with its standard error, as
a busy machine slows both of them. Python calls per turn are counted for agentkit's own functions and for all; a
coroutine counts each time that it goes on. `--against .` compares the checkout with itself, and shows the noise.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import anthropic
import anyio

from benchmarks.overhead.checkouts import compare, package_of, print_comparison
from benchmarks.overhead.layers import BARE, WITHOUT_ALL, WITHOUT_ONE
from benchmarks.overhead.rows import AS_IS, PLAN, ROWS, Converse, calls_a_turn, cpu_us_a_turn
from benchmarks.speed.workers import server

VARIANTS: Mapping[str, Converse] = {BARE: WITHOUT_ALL, **ROWS, **WITHOUT_ONE}
GOAL = 0.05


async def count_calls(base_url: str, turns: int) -> dict[str, float]:
    """Return the Python calls of agentkit's functions per turn, for each variant. Fails where a layer is not off."""
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:
        calls = {name: (await calls_a_turn(converse, client, turns))["own"] for name, converse in VARIANTS.items()}
    present = [name.strip() for name in WITHOUT_ONE if calls[name] >= calls[AS_IS]]
    assert not present, f"not really off, since no call is saved: {', '.join(present)}"
    return calls


async def measure(base_url: str, rounds: int, turns: int) -> dict[str, list[float]]:
    """Return the CPU times of all variants, round by round."""
    figures: dict[str, list[float]] = {name: [] for name in VARIANTS}
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:
        for number in range(rounds):
            names = list(VARIANTS)
            random.Random(number).shuffle(names)  # noqa: S311 - so that none always comes behind the same other
            for name in names:
                figures[name].append(await cpu_us_a_turn(VARIANTS[name], client, turns, 3))
    return figures


def print_table(figures: dict[str, list[float]], calls: dict[str, float]) -> None:
    """Print a table, and a line that says if the goal is met."""
    print(f"{'':32}{'us a turn':>10}{'to none':>10}{'calls':>10}")
    least = {name: min(found) for name, found in figures.items()}
    more = {name: figure / least[BARE] - 1 for name, figure in least.items()}
    for name, figure in least.items():
        print(f"{name:32}{figure:10.0f}{more[name]:+10.1%}{calls[name]:10.1f}")
    verdict = "met" if more[AS_IS] < GOAL else "missed"
    print(f"The overhead of a run without failures is {more[AS_IS]:.1%}; the goal, under {GOAL:.0%}, is {verdict}.")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="how often each variant is measured")
    parser.add_argument("--turns", type=int, default=PLAN.turns, help="how many turns a conversation has")
    parser.add_argument("--core", type=int, help="the CPU core to stay on")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="compare with another checkout of agentkit")
    given = parser.parse_args()
    other = None if given.against is None else package_of(given.against)
    with server(None) as (url, _):
        base_url = f"{url}/{replace(PLAN, turns=given.turns).path()}"
        if given.core is not None:
            os.sched_setaffinity(0, {given.core})  # the programs that it starts inherit it
        if other is None:
            calls = anyio.run(count_calls, base_url, given.turns)
            print_table(anyio.run(measure, base_url, given.rounds, given.turns), calls)
        else:
            print_comparison(compare(other, base_url, given.rounds))


if __name__ == "__main__":
    main()
