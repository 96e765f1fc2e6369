"""The events of a run, as frozen records. Each names its origin in the tree of agents.

Two rules for this file: an event holds values only, so that it can be sent anywhere (what is for this process alone is
marked as `_LOCAL` and left behind); and deltas aside, a replayed run reports the same events again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, is_dataclass
from typing import cast

from agentkit.budget.usage import Cost, Usage
from agentkit.messages.container import Container
from agentkit.messages.message import JSON, JSONObject
from agentkit.run.outcome import Outcome

_LOCAL = {"local": True}
"""Metadata of a field for listeners in this process only: it is part of neither JSON nor pickles nor equality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The fields of every event: the reporting run, and its place in the tree."""

    run_id: str
    """The reporting run. A child's id is its parent's, a slash, and the id of the tool call that started it."""
    path: tuple[str, ...]
    """The agents from the root of the tree to the reporting one."""
    parent_call_id: str | None
    """The tool call of the parent that started the reporting run. None: the root."""
    is_replayed: bool = False
    """True if it reports what an earlier execution of the run has done and recorded in its journal."""

    def to_json(self) -> JSONObject:
        """Return the event as JSON; `type` is the name of the class: `tool_started` for ToolStarted."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
        return {"type": name, **_record_to_json(self)}


def _record_to_json(record: object) -> JSONObject:
    return {
        one.name: _value_to_json(getattr(record, one.name))
        for one in fields(cast("Event", record))
        if "local" not in one.metadata
    }


def _value_to_json(value: object) -> JSON:
    if is_dataclass(value):
        return _record_to_json(value)
    if isinstance(value, tuple):
        return [_value_to_json(part) for part in cast("tuple[object, ...]", value)]
    return cast("JSON", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run started."""

    model: str
    """The model of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Event):
    """A request is about to be sent."""

    turn: int
    """Counted from 1."""
    is_last: bool
    """True if this is the final turn, which was announced to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReset(Event):
    """A reply failed or was dropped, and is requested again: forget the deltas of this turn."""

    turn: int
    """Counted from 1."""
    attempt: int
    """The number of the next attempt; 2 is the first retry."""
    reason: str
    """The reason, in a sentence."""
    wait_s: float
    """Seconds until the next attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted(Event):
    """The conversation had become too long and goes on with a summary in its place."""

    messages_before: int
    """Messages of the conversation before it was shortened."""
    messages_after: int
    """Messages that it goes on with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack(Event):
    """The run goes on with the fallback model."""

    model: str
    """The fallback model."""
    reason: str
    """The reason why the first model was left, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta(Event):
    """A piece of the reply's text, as it is streamed."""

    text: str
    """The piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingDelta(Event):
    """A piece of the model's thinking, as it is streamed, where the model shows it."""

    text: str
    """The piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationDelta(Event):
    """A citation of the text that is being streamed."""

    citation: JSONObject
    """The citation in the API's own form: its `type`, the cited text, and the place of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFinished(Event):
    """A reply is complete."""

    turn: int
    """Counted from 1."""
    stop_reason: str | None
    """The API's stop reason. None: the API sent none."""
    text: str
    """The whole visible text of the reply."""
    usage: Usage
    """The usage of the reply."""
    cost: Cost
    """The cost of the reply."""
    stop_sequence: str | None = None
    """The stop sequence that was met. None: none."""
    citations: tuple[JSONObject, ...] = ()
    """The citations of the text, in the API's own form."""
    container: Container | None = None
    """The container in which the API ran code. None: the reply names none."""
    applied_edits: tuple[JSONObject, ...] = ()
    """The edits that the server made to the prompt, `context_management`, in the API's own form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted(Event):
    """A tool call starts. Calls of one turn finish in any order.

    An eager call, of a tool that only reads, starts before TurnFinished; if its turn is dropped, ToolFinished says so.
    """

    call_id: str
    """The id of the call."""
    name: str
    """The name of the tool."""
    input: JSONObject
    """The arguments as the model wrote them."""
    is_agent: bool
    """True if the tool is a sub-agent; its own events follow, with this `call_id` as their `parent_call_id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolProgress(Event):
    """A running tool reports its progress."""

    call_id: str
    """The id of the call."""
    name: str
    """The name of the tool."""
    message: str
    """The current state, for people."""
    done: float | None
    """The amount done. None: not known."""
    total: float | None
    """The total amount in the same unit. None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished(Event):
    """A tool call has its result."""

    call_id: str
    """The id of the call."""
    name: str
    """The name of the tool."""
    is_error: bool
    """True if the result is an error: the tool failed, or was not executed."""
    text: str
    """The text of the result, as the model sees it."""
    duration_s: float
    """Seconds from start to result; 0 for a call that was not executed."""
    exception: BaseException | None = field(default=None, repr=False, compare=False, metadata=_LOCAL)
    """The exception of the failed call, without secrets, for listeners in this process: not in `to_json`, pickles and
    comparisons. The model reads `text` alone. None: the call succeeded, or its result is an error without one."""

    def __getstate__(self) -> list[object]:
        return [None if "local" in one.metadata else getattr(self, one.name) for one in fields(self)]


@dataclass(frozen=True, slots=True)
class WebSource:
    """A page that a search found or a fetch read."""

    url: str
    """The address of the page."""
    title: str = ""
    """Empty: none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerToolStarted(Event):
    """The API starts a call of a tool that it executes itself: web search, code execution, tool search, MCP."""

    call_id: str
    """The id of the call."""
    name: str
    """The name of the tool."""
    input: JSONObject
    """The arguments as the model wrote them, such as the `query` of a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerToolFinished(Event):
    """A call of a tool that the API executes itself has its result; that of code which calls your tools comes later."""

    call_id: str
    """The id of the call."""
    name: str
    """The name of the tool."""
    is_error: bool
    """True if the tool reported an error."""
    text: str
    """The text of the result, such as the output of code or the code of an error. Empty: none that can be read."""
    sources: tuple[WebSource, ...] = ()
    """The pages that a web search found or a fetch read."""
    tools: tuple[str, ...] = ()
    """The names of the tools that a tool search found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRejected(Event):
    """The answer was rejected and sent back."""

    reason: str
    """The text that was sent to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A run ended."""

    outcome: Outcome
    """The outcome of the run."""
    reason: str
    """Empty for a completed run."""
    usage: Usage
    """Of the run and everything below it."""
    cost: Cost
    """The cost of the run and everything below it."""
