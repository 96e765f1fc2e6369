"""Expectations about the tool calls of an agent; a failure lists all calls that were made.

expect(result, called("price", item="tea"), never_called("order"), in_order("price", "order"))
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from types import EllipsisType
from typing import Protocol, TypeAlias, cast

from agentkit.messages.message import Block, JSONObject, text_of
from agentkit.run.result import RunResult
from agentkit.simulator.replies.written import written_call, written_value

_MAX_SHOWN_CHARS = 100
_RETRY_SUFFIX = re.compile(r"\.\d+$")
"""The end of the run id of a sub-agent's retry."""


class HasResult(Protocol):
    """A streamed run that has ended."""

    @property
    def result(self) -> RunResult[object]:
        """The result of the run."""
        ...


class HasMessages(Protocol):
    """A conversation."""

    @property
    def messages(self) -> Sequence[JSONObject]:
        """The messages, as the API's own dictionaries."""
        ...


CallSource: TypeAlias = "RunResult[object] | HasResult | HasMessages | Sequence[JSONObject]"
"""Anything that holds tool calls: a result with those of its sub-agents, or the messages of one conversation."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that the model made."""

    name: str
    input: JSONObject
    path: tuple[str, ...]
    """Names of the agents from the root down to the one that called; empty if only messages are known."""
    is_error: bool | None
    """True if its result was an error. None: it has no result."""
    error: str = ""
    """The text of its result where that is an error."""
    turn: int = 0
    """The turn of its agent in which it was made, from 1. 0: not known."""

    def __str__(self) -> str:
        who = f"{'/'.join(self.path)}: " if self.path else ""
        end = {True: "  failed", False: "", None: "  not answered"}[self.is_error]
        return f"{who}{self.name}({_shown_arguments(self.input)}){end}"


class Expectation(Protocol):
    """An expectation about the tool calls of a run."""

    def unmet(self, calls: Sequence[Call]) -> str | None:
        """Return a text that says what was expected and did not happen. None: the expectation is met."""
        ...


def expect(did: CallSource, *expectations: Expectation) -> None:
    """Raise AssertionError unless every expectation is met by the calls of a run and of the sub-agents below it.

    The calls of a sub-agent come behind the call that started it, whatever ran at the same time.

    Args:
        did: A result, or anything else that knows the calls of a run.
        expectations: Made by `called`, `never_called` and `in_order`, or tool names.
    """
    __tracebackhide__ = True  # pytest shows the line of the test alone
    calls = tool_calls_of(did)
    unmet = [text for expectation in expectations if (text := expectation.unmet(calls)) is not None]
    if unmet:
        made = [f"  {number}. {call}" for number, call in enumerate(calls, 1)] or ["  none"]
        raise AssertionError("\n".join([*unmet, "Calls that were made:", *made]))


def tool_calls_of(source: CallSource) -> list[Call]:
    """Return every tool call of a run and of the sub-agents below it, in the order in which the models made them."""
    if not isinstance(source, RunResult) and hasattr(source, "result"):
        source = cast("HasResult", source).result
    if isinstance(source, RunResult):
        run = cast("RunResult[object]", source)
        return [*_calls_of_run(run, (run.agent,))]
    messages = cast("Sequence[JSONObject]", getattr(source, "messages", source))
    return [call for _, call in _calls_in_messages(messages, ())]


def _calls_of_run(run: RunResult[object], path: tuple[str, ...]) -> Iterator[Call]:
    attempts: dict[str, list[RunResult[object]]] = {}
    for child in run.children:
        attempts.setdefault(_RETRY_SUFFIX.sub("", child.run_id), []).append(child)
    for call_id, call in _calls_in_messages(run.messages, path):
        yield call
        name = _RETRY_SUFFIX.sub("", f"{run.run_id}/{call_id}")
        # An id that has come before has the number of its turn behind it in the run's own names.
        for child in attempts.pop(f"{name}@{call.turn}", []) or attempts.pop(name, []):
            yield from _calls_of_run(child, (*path, child.agent))


def _calls_in_messages(messages: Sequence[JSONObject], path: tuple[str, ...]) -> Iterator[tuple[str, Call]]:
    """Yield the calls with their ids."""
    turns = (i for i, message in enumerate(messages) if message["role"] == "assistant")
    for turn, i in enumerate(turns, 1):
        results = _results_by_id(messages[i + 1 :])
        for block in _blocks_of(messages[i]):
            if block["type"] == "tool_use":
                yield str(block["id"]), _call_from_block(block, path, turn, results.get(block["id"]))


def _results_by_id(following: Sequence[JSONObject]) -> dict[str, Block]:
    """Return, by call id, the results in the messages behind a turn."""
    behind = takewhile(lambda message: message["role"] != "assistant", following)
    results = [block for message in behind for block in _blocks_of(message) if block["type"] == "tool_result"]
    return {block["tool_use_id"]: block for block in results}


def _blocks_of(message: JSONObject) -> list[Block]:
    return cast("list[Block]", message["content"]) if isinstance(message["content"], list) else []


def _call_from_block(block: Block, path: tuple[str, ...], turn: int, result: Block | None) -> Call:
    is_error = None if result is None else bool(result.get("is_error"))
    error = text_of(result.get("content") or "") if result is not None and is_error else ""
    return Call(str(block["name"]), cast("JSONObject", block["input"]), path, is_error, error, turn)


@dataclass(frozen=True, slots=True)
class Called:
    """The expectation that a tool was called; made by `called`, narrowed by its methods."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    """Expected arguments, among others; see `called`."""
    count: int | None = None
    """The exact number of calls. None: at least one."""
    agent: str | None = None
    """The name of the agent that called. None: any."""
    is_error: bool | None = None
    """True: the result is an error; False: it is none. None: any result, or no result yet."""

    def times(self, count: int) -> Called:
        """Expect exactly this number of calls. Without it: at least one."""
        return replace(self, count=count)

    def by(self, agent: str) -> Called:
        """Expect the call from the agent of this name, at any depth."""
        return replace(self, agent=agent)

    def failing(self) -> Called:
        """Expect the call's result to be an error."""
        return replace(self, is_error=True)

    def succeeding(self) -> Called:
        """Expect the call's result to be no error."""
        return replace(self, is_error=False)

    def unmet(self, calls: Sequence[Call]) -> str | None:
        """See `Expectation.unmet`."""
        fitting = [call for call in calls if self._differences(call) == []]
        if fitting if self.count is None else len(fitting) == self.count:
            return None
        times = "" if self.count is None else f", {_times(self.count)}; it was {len(fitting)}"
        near = [self._differences(call) for call in calls if call.name == self.name]
        nearest = min(filter(None, near), key=_mismatch_rank, default=list[str]())
        hint = f"\n  nearest: {'; '.join(nearest)}" if nearest and not fitting else ""
        return f"Expected a call {self}{times}.{hint}"

    def _differences(self, call: Call) -> list[str]:
        """Return the differences between a call and the expected one; empty if it is met."""
        found = [] if call.name == self.name else [f"it is a call of {call.name}"]
        for name, value in self.arguments.items():
            if name not in call.input:
                found.append(f"{name} was not given")
            elif not _argument_matches(value, call.input[name]):
                found.append(f"{name} was {_shown_value(call.input[name])}")
        if self.agent is not None and self.agent != (call.path or ("",))[-1]:
            found.append(f"it was made by {call.path[-1] if call.path else 'an agent that is not known'}")
        if self.is_error is not None and call.is_error is not self.is_error:
            found.append("it failed" if call.is_error else "it did not fail")
        return found

    def __repr__(self) -> str:
        """Return the expectation as it is written."""
        steps = [f"called({written_call(self.name, self.arguments)})"]
        steps += [] if self.count is None else [f"times({self.count})"]
        steps += [] if self.agent is None else [f"by({written_value(self.agent)})"]
        steps += {True: ["failing()"], False: ["succeeding()"], None: []}[self.is_error]
        return ".".join(steps)

    def __str__(self) -> str:
        by = f" by {self.agent}" if self.agent else ""
        end = {True: " that failed", False: " that succeeded", None: ""}[self.is_error]
        return f"{self.name}({_shown_arguments(self.arguments)}){by}{end}"


def _mismatch_rank(differences: list[str]) -> tuple[int, bool]:
    """Return a sort key, nearest call first: fewer differences, then a wrong error state before a wrong argument."""
    return len(differences), " was " in differences[0]


def called(name: str, /, **arguments: object) -> Called:
    """Expect a tool call, with these arguments among others: `called("order", item="tea", count=...).times(1)`.

    An argument is `...` (given, whatever its value), a function of the value that says whether it fits, or the value
    itself, compared as JSON: models and dataclasses may stand for their objects.

    Args:
        name: The name of the tool.
        arguments: What the call must have been given; other arguments are allowed beside it.
    """
    return Called(name, arguments)


@dataclass(frozen=True, slots=True)
class _NeverCalled:
    called: Called

    def __repr__(self) -> str:
        return f"never_{self.called!r}"

    def unmet(self, calls: Sequence[Call]) -> str | None:
        is_met = self.called.times(0).unmet(calls) is None
        return None if is_met else f"Expected no call {self.called}."


def never_called(name: str, /, **arguments: object) -> Expectation:
    """Expect that a tool was not called, or not with these arguments, which are matched as by `called`.

    Args:
        name: The name of the tool.
        arguments: Arguments without which a call is allowed.
    """
    return _NeverCalled(Called(name, arguments))


@dataclass(frozen=True, slots=True)
class _InOrder:
    steps: tuple[Called, ...]

    def __repr__(self) -> str:
        return f"in_order({', '.join(map(repr, self.steps))})"

    def unmet(self, calls: Sequence[Call]) -> str | None:
        left = iter(calls)
        for number, step in enumerate(self.steps):
            if not any(step.unmet([call]) is None for call in left):
                behind = f" behind {', '.join(map(str, self.steps[:number]))}" if number else ""
                return f"Expected a call {step}{behind}."
        return None


def in_order(*steps: str | Called) -> Expectation:
    """Expect calls in this order, others in between allowed. Each is a tool name, or made by `called`.

    Args:
        steps: Tool names, or calls made by `called`.
    """
    return _InOrder(tuple(called(step) if isinstance(step, str) else step for step in steps))


def _argument_matches(expected: object, given: object) -> bool:
    from pydantic_core import to_jsonable_python

    if isinstance(expected, EllipsisType):
        return True
    if callable(expected):
        return bool(expected(given))
    return bool(to_jsonable_python(expected, by_alias=True) == given)


def _shown_arguments(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_shown_value(value)}" for name, value in arguments.items())


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _shown_value(value: object) -> str:
    if isinstance(value, EllipsisType) or callable(value):
        return written_value(value)
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}..."
