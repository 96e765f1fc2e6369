"""The layers of a run, each with the least that does its work in the absence of failures, to put in its place."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from agentkit.budget.reply_charges import ReplyPrices
from agentkit.loop import opening
from agentkit.loop.model_calls.exchange import ChargeMeter, ModelReply, ModelRequest
from agentkit.loop.model_calls.model_call import ModelCaller
from agentkit.models.stream_accumulator import StreamAccumulator
from agentkit.redaction.redactor import Redactor
from agentkit.tool_calls.call_runner import CallRunner
from agentkit.tool_calls.retry_and_timeout import run_tool
from benchmarks.overhead.rows import Converse, run

if TYPE_CHECKING:
    import anthropic

    from agentkit.messages.message import Content
    from agentkit.run.middleware import ToolRun

Layer: TypeAlias = "Callable[[ExitStack], object]"


class _NoRateLimiter:
    """A rate limiter, with its cache warm-up and its permits, that admits every request at once."""

    @property
    def cache_warmup(self) -> _NoRateLimiter:
        return self

    async def wait_for_write(self, request: object) -> None:
        """Return None: there is no write to wait for."""

    async def admit(self, sender: str, input_tokens: int) -> _NoRateLimiter:
        return self

    def record_headers(self, headers: Mapping[str, str]) -> None:
        """Do nothing."""

    def record_success(self, output_tokens: int = 0) -> None:
        """Do nothing."""

    def release(self) -> None:
        """Do nothing."""


def _no_rate_limiter(client: object, model: str) -> _NoRateLimiter:
    return _NoRateLimiter()


async def _call_once(self: ModelCaller, asked: Any, question: ModelRequest, meter: ChargeMeter) -> ModelReply:
    reader = StreamAccumulator(question.on_call)
    async with asked.stream(question.request) as events:
        while batch := await events.batch():
            for event in batch:
                reader.feed(event)
    turn = reader.turn()
    meter.charges += ReplyPrices(asked.name, self.resources.own_prices).charges_of(turn.model, turn.usage)
    return ModelReply(turn, question.request.options["max_tokens"], tuple(meter.charges))


async def _run_tool_only(_: CallRunner, run: ToolRun, *__: object) -> Content:
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
    stack.enter_context(_replaced(opening, "rate_limiter_of", _no_rate_limiter))


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


def without(*layers: Layer) -> Converse:
    """Return a conversation without these layers."""

    async def run_without(client: anthropic.AsyncAnthropic) -> None:
        with ExitStack() as stack:
            for layer in layers:
                layer(stack)
            await run(client)

    return run_without


BARE = "with none of it"
WITHOUT_ALL = without(without_rate_limiter, without_retries, without_watchdog_and_timeout, without_redaction)
WITHOUT_ONE: Mapping[str, Converse] = {
    "  rate limiter off": without(without_rate_limiter),
    "  retries off": without(without_retries),
    "  time limits and watchdog off": without(without_watchdog_and_timeout),
    "  redaction off": without(without_redaction),
}
