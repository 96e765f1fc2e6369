"""The overhead of retries, budgets, rate limiter, watchdog and redaction without failures: CPU per turn by layer.

    python -m benchmarks.overhead [--rounds 20] [--core 1]

The server is that of the speed benchmark, in a process of its own; what is measured is the CPU time of this process
for conversations of 20 turns with two calls each, through the SDK's client and a socket. A layer is removed by
replacing it with the least that does its work in the absence of failures. All variants take turns, a round each, and a
figure is the minimum of the rounds: the differences between rounds come from other programs.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import anthropic
import anyio

from agentkit import Agent, Budget, Settings, stop_over_budget, tool
from agentkit.budget.usage import Usage
from agentkit.loop.exchange import ChargeMeter, ModelReply, ModelRequest
from agentkit.loop.model_call import ModelCaller
from agentkit.models import claude as model
from agentkit.models.stream_accumulator import StreamAccumulator
from agentkit.redaction.redactor import Redactor
from agentkit.tool_calls.call_runner import CallRunner
from agentkit.tool_calls.retry_and_timeout import run_tool
from benchmarks.speed.measuring import INSTRUCTIONS, MODEL, PROMPT, look
from benchmarks.speed.server import ReplyPlan
from benchmarks.speed.workers import server

if TYPE_CHECKING:
    from agentkit.messages.message import Content
    from agentkit.run.middleware import ToolRun

TURNS = 20
PLAN = ReplyPlan(turns=TURNS, calls=2, pieces=10)
AGENT = Agent(
    "looker",
    model=MODEL,
    instructions=INSTRUCTIONS,
    tools=[tool(effect="read")(look)],
    settings=Settings(max_tokens=4_000),
)
AMPLE = Budget(max_cost_usd=100, max_input_tokens=10**9, max_output_tokens=10**9, max_requests=10**6)
GOAL = 0.05

Layer: TypeAlias = "Callable[[ExitStack], object]"


# -- the minimal replacements of the layers ---------------------------------------------------------------------------


class _NoRateLimiter:
    """A rate limiter, and its permit, that admits every request at once."""

    async def admit(self, sender: str, input_tokens: int) -> _NoRateLimiter:
        return self

    def record_headers(self, headers: Mapping[str, str]) -> None:
        """Do nothing."""

    def record_success(self, output_tokens: int = 0) -> None:
        """Do nothing."""

    def __enter__(self) -> _NoRateLimiter:
        return self

    def __exit__(self, *_: object) -> None:
        pass


async def _call_once(self: ModelCaller, asked: Any, question: ModelRequest, meter: ChargeMeter) -> ModelReply:
    reader = StreamAccumulator(question.on_call)
    async with asked.stream(question.request) as events:
        async for event in events:
            reader.feed(event)
    turn = reader.turn()
    meter.add(self.charge_for(asked.name, turn.model, Usage.from_api(turn.usage)))
    return ModelReply(turn, question.request.options["max_tokens"], tuple(meter.charges))


async def _run_tool_only(_: CallRunner, run: ToolRun, __: object) -> Content:
    return await run_tool(run)


def _unchanged(_: Redactor, given: object) -> object:
    return given


@contextmanager
def _replaced(owner: object, name: str, value: object) -> Generator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def without_rate_limiter(stack: ExitStack) -> None:
    """Send every request at once."""
    stack.enter_context(_replaced(model, "rate_limiter_of", lambda *_: _NoRateLimiter()))


def without_retries(stack: ExitStack) -> None:
    """Make each model call one request: no retries, no reservations, no stop flag."""
    stack.enter_context(_replaced(ModelCaller, "call", _call_once))


def without_watchdog_and_timeout(stack: ExitStack) -> None:
    """Await tools directly: no time limit, no retries, no watchdog."""
    stack.enter_context(_replaced(CallRunner, "_run_layers", _run_tool_only))


def without_redaction(stack: ExitStack) -> None:
    """Send texts to the model unchanged."""
    stack.enter_context(_replaced(Redactor, "content", _unchanged))
    stack.enter_context(_replaced(Redactor, "text", _unchanged))


def with_budget(stack: ExitStack) -> None:
    """Add one budget, with every kind of limit but time."""
    stack.enter_context(stop_over_budget(AMPLE))


LAYERS = (without_rate_limiter, without_retries, without_watchdog_and_timeout, without_redaction)
BARE = "with none of it"
AS_IS = "as it is"
VARIANTS: Mapping[str, tuple[Layer, ...]] = {
    BARE: LAYERS,
    AS_IS: (),
    "as it is, one budget": (with_budget,),
    "as it is, three budgets": (with_budget,) * 3,
    "  rate limiter off": (without_rate_limiter,),
    "  retries off": (without_retries,),
    "  time limits and watchdog off": (without_watchdog_and_timeout,),
    "  redaction off": (without_redaction,),
}


# -- measuring --------------------------------------------------------------------------------------------------------


async def cpu_us_a_turn(layers: tuple[Layer, ...], client: anthropic.AsyncAnthropic, conversations: int) -> float:
    """Return the CPU time of this process per turn, in microseconds."""
    with ExitStack() as stack:
        for layer in layers:
            layer(stack)
        gc.collect()
        before = time.process_time()
        for _ in range(conversations):
            assert (await AGENT.run(PROMPT, client=client)).ok
        return (time.process_time() - before) / (conversations * TURNS) * 1e6


async def measure(base_url: str, rounds: int) -> dict[str, list[float]]:
    """Return the figures of all variants, round by round."""
    figures: dict[str, list[float]] = {name: [] for name in VARIANTS}
    async with anthropic.AsyncAnthropic(api_key="any", base_url=base_url) as client:
        await cpu_us_a_turn((), client, 5)
        for number in range(rounds):
            names = list(VARIANTS)
            random.Random(number).shuffle(names)  # noqa: S311 - so that none always comes behind the same other
            for name in names:
                figures[name].append(await cpu_us_a_turn(VARIANTS[name], client, 3))
    return figures


def print_table(figures: dict[str, list[float]]) -> None:
    """Print a table, and a line that says if the goal is met."""
    print(f"{'':32}{'us a turn':>10}{'to none':>10}")
    least = {name: min(found) for name, found in figures.items()}
    more = {name: figure / least[BARE] - 1 for name, figure in least.items()}
    for name, figure in least.items():
        print(f"{name:32}{figure:10.0f}{more[name]:+10.1%}")
    verdict = "met" if more[AS_IS] < GOAL else "missed"
    print(f"The overhead of a run without failures is {more[AS_IS]:.1%}; the goal, under {GOAL:.0%}, is {verdict}.")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often each variant is measured")
    parser.add_argument("--core", type=int, help="the CPU core to stay on")
    given = parser.parse_args()
    with server(None) as (url, _):
        if given.core is not None:
            os.sched_setaffinity(0, {given.core})
        print_table(anyio.run(measure, f"{url}/{PLAN.path()}", given.rounds))


if __name__ == "__main__":
    main()
