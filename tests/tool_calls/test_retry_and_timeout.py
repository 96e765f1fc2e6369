"""Retries: which failures are tried again, how often, and what stays the same."""

from __future__ import annotations

import logging
from typing import cast

import anyio
import pytest

from agentkit import DefinitionError, InvalidArguments, RunContext, ToolError, tool
from agentkit.messages.message import JSONObject
from agentkit.tool_calls.failures import OUTCOME_UNKNOWN
from agentkit.tool_calls.retry_and_timeout import FIRST_PAUSE_S, LONGEST_PAUSE_S, retry_pause_s
from agentkit.tools.decorator import Effect
from agentkit.tools.options import ToolOptions, check_options
from tests.executing import answer

pytestmark = pytest.mark.anyio


class NoSuchItem(LookupError):
    """Named in `raises=`."""


class Flaky:
    """Fails as long as there are errors, and notes the contexts it is called with."""

    def __init__(self, *errors: BaseException | None) -> None:
        self.errors = list(errors)
        self.attempts: list[int] = []
        self.keys: set[str] = set()

    async def __call__(self, ctx: RunContext) -> str:
        self.attempts.append(ctx.attempt)
        self.keys.add(ctx.idempotency_key)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return "fine"


async def outcome(flaky: Flaky, *, retries: int, effect: Effect = "idempotent") -> tuple[object, bool]:
    made = tool(name="flaky", effect=effect, retries=retries, raises=(NoSuchItem,))(flaky)
    result = await answer(made)
    return result.content, result.is_error


@pytest.mark.parametrize(
    "error",
    [
        OSError("down"),
        ValueError("odd"),
        TimeoutError(),
        ToolError("Busy.", retryable=True),
        ExceptionGroup("one", [ToolError("Busy.", retryable=True)]),
    ],
)
@pytest.mark.parametrize("effect", ["read", "idempotent"])
async def test_a_failure_that_may_pass_is_tried_again(error: Exception, effect: Effect) -> None:
    flaky = Flaky(error, error)
    assert await outcome(flaky, retries=2, effect=effect) == ("fine", False)
    assert flaky.attempts == [1, 2, 3]
    assert flaky.keys == {"run:toolu_1"}


@pytest.mark.parametrize("error", [ToolError("Sold out."), NoSuchItem("tea"), InvalidArguments("no")])
async def test_a_no_of_the_tools_own_is_final(error: Exception) -> None:
    flaky = Flaky(error)
    assert await outcome(flaky, retries=5) == (str(error), True)
    assert flaky.attempts == [1]


async def test_the_last_attempts_failure_is_the_answer() -> None:
    flaky = Flaky(OSError("a"), OSError("b"), ToolError("Busy.", retryable=True))
    assert await outcome(flaky, retries=2) == ("Busy. The same call may succeed later.", True)
    assert flaky.attempts == [1, 2, 3]


async def test_without_retries_nothing_is_tried_again() -> None:
    flaky = Flaky(OSError("a"))
    content, is_error = await outcome(flaky, retries=0)
    assert is_error
    assert flaky.attempts == [1]
    assert "operating system" in str(content)


async def test_each_attempt_has_the_whole_time_limit_and_an_input_of_its_own() -> None:
    seen: list[JSONObject] = []

    @tool(effect="read", retries=1, timeout_s=0.6)
    async def slow(ctx: RunContext, given: dict[str, list[int]]) -> int:
        """Hang the first time."""
        seen.append({**given})
        given["a"].append(2)
        if ctx.attempt == 1:
            await anyio.sleep_forever()
        await anyio.sleep(0.3)  # with the first attempt more than one limit
        return len(given["a"])

    result = await answer(slow, {"given": {"a": [1]}})
    assert (result.content, result.is_error) == ("2", False)
    assert result.duration_s >= 0.85


async def test_every_attempt_timing_out_is_one_time_out() -> None:
    @tool(effect="idempotent", retries=1, timeout_s=0.02, raises=(TimeoutError,))
    async def hang() -> str:
        """Hang."""
        await anyio.sleep_forever()
        return "never"

    result = await answer(hang)
    assert result.content == f"`hang` timed out after 0.02 s and was stopped. {OUTCOME_UNKNOWN}"


async def test_a_sync_tool_is_tried_again_too() -> None:
    attempts: list[int] = []

    @tool(effect="read", retries=3)
    def flaky(ctx: RunContext) -> str:
        """Fail once."""
        attempts.append(ctx.attempt)
        if ctx.attempt == 1:
            raise OSError
        return "fine"

    assert (await answer(flaky)).content == "fine"
    assert attempts == [1, 2]


async def test_each_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "agentkit"):
        await outcome(Flaky(OSError("down")), retries=1)
    (record,) = caplog.records
    assert (record.__dict__["tool"], record.__dict__["attempt"]) == ("flaky", 1)
    assert record.exc_info is not None


async def test_a_cancellation_ends_the_pause() -> None:
    flaky = Flaky(*[OSError("down")] * 1000)
    with anyio.fail_after(10), anyio.move_on_after(0.05) as scope:
        await outcome(flaky, retries=1000)
    assert scope.cancelled_caught


def test_pauses_are_of_any_length_up_to_a_limit_that_doubles() -> None:
    for attempt in range(1, 12):
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempt - 1))
        assert all(0 <= retry_pause_s(attempt) <= longest for _ in range(50))
    assert len({retry_pause_s(3) for _ in range(50)}) > 10


@pytest.mark.parametrize("options", [{"retries": 1}, {"retries": 2, "effect": "write"}])
def test_a_tool_that_writes_is_never_retried(options: ToolOptions) -> None:
    with pytest.raises(DefinitionError, match='declare effect="read", or "idempotent"'):
        check_options(options)


def test_no_retries_go_with_every_effect() -> None:
    for effect in ("read", "idempotent", "write"):
        assert check_options(cast("ToolOptions", {"retries": 0, "effect": effect}))["retries"] == 0


@pytest.mark.parametrize("is_said", [True, False])
async def test_a_retry_is_logged_with_its_reason_and_a_traceback_unless_the_tool_says_it_on_purpose(
    caplog: pytest.LogCaptureFixture, is_said: bool
) -> None:
    @tool(effect="read", retries=1)
    def moody(ctx: RunContext[None]) -> str:
        """Fail once."""
        if ctx.attempt == 1:
            raise ToolError("Not now.", retryable=True) if is_said else OSError("Not now.")
        return "Now."

    with caplog.at_level(logging.WARNING, "agentkit"):
        result = await answer(moody)
    assert result.content == "Now."
    (line,) = caplog.records
    assert (line.__dict__["attempt"], bool(line.exc_info)) == (1, not is_said)
    assert "Not now." in line.message
