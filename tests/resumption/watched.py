"""One execution of a journaled run, watched: which step asked the model what, and which call executed what."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from agentkit import Event, Journal, RunResult, TextDelta, ThinkingDelta, ToolFinished, ToolProgress, ToolStarted
from agentkit.loop.parent_call import ParentCall
from agentkit.messages.message import JSONObject
from agentkit.run.events import CitationDelta
from agentkit.run.steps import Slot, Step, StepFunction, Steps
from agentkit.tools.run_context import current_services

RECORDED = "status:401"
"""The fault of a request that is recorded and comes again: nothing of the tree can go on after it."""
_model_step: ContextVar[str] = ContextVar("model_step", default="")
# What differs from one execution to the next: the ids that the local API gives, those of errors, signatures, amounts.
_CHANGING = (
    (re.compile(r"toolu_[0-9a-f]{12,14}"), "toolu_"),
    (re.compile(r"error id [0-9a-f]{8}"), "error id X"),
    (re.compile(r"""(['"])signature\1: ?(['"])[^'"]*\2"""), "signature"),
    (re.compile(r"(does not cover another call): [^\"']+"), r"\1"),
    (re.compile(r"\breq_\w+"), "req_"),
    (re.compile(r'"latency_s": ?[0-9.e-]+'), "latency_s"),
)
_PASSING = (TextDelta, ThinkingDelta, CitationDelta, ToolProgress)


class Asked(NamedTuple):
    """A request that came to the server."""

    step: str
    """The full name of the step that sent it. Empty: none did."""
    body: str
    """The request, comparable."""
    messages: Sequence[JSONObject]
    """Its messages, as they came."""


@dataclass
class Execution:
    """What one execution did and gave."""

    result: RunResult[Any] | None = None
    """None: it was cancelled, or an interrupt ended it."""
    events: list[Event] = field(default_factory=list[Event])
    asked: list[Asked] = field(default_factory=list[Asked])
    executed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """The full name of the step of each call, and what it did."""
    reconciled: set[str] = field(default_factory=set[str])
    """The idempotency keys of the calls that were found to have taken effect, or not."""
    written: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Phase and full name of each record, in the order in which they were on disk."""
    held: Mapping[str, int] = field(default_factory=Counter[str])
    """How often each request was sent by steps that are recorded."""
    allowed: Mapping[str, int] = field(default_factory=dict[str, int])
    """How often such a request may come now: as often as the steps that are not recorded sent it, too."""
    refused: list[str] = field(default_factory=list[str])
    """The requests that came although they are recorded."""

    def note_request(self, request: JSONObject) -> bool:
        """Note a request that has come to the server. False: it is recorded, and has to be refused."""
        body, step = comparable(json.dumps(request)), step_now()
        self.asked.append(Asked(step, body, request["messages"]))
        # A further try of a sub-agent begins with the request of the first one.
        is_allowed = body not in self.allowed or self.count(body) <= self.allowed[body] or "/try:" in step
        if not is_allowed:
            self.refused.append(body)
        return is_allowed

    def count(self, body: str) -> int:
        """Return how often a request has come."""
        return sum(asked.body == body for asked in self.asked)

    def note_effect(self, what: str) -> None:
        """Note what the code of a tool does."""
        self.executed.append((_call_now(), what))

    def facts(self) -> JSONObject:
        """Return what every execution of the run has in common."""
        result = self.result
        assert result is not None
        return {"result": comparable(repr(_facts_of(result))), "events": _said(self.events)}


def step_now() -> str:
    """Return the full name of the step that sends a request now. Empty: it is sent by code outside of the run."""
    return _model_step.get() or _call_now()


def _call_now() -> str:
    """Return the full name of the step of the call whose code runs now; what nested runs do is part of that call."""
    call = current_services.get()
    while isinstance(call, ParentCall):
        if call.scope.steps.is_durable and call.slot.name:
            return call.slot.name
        call = call.nested_runs.around
    return ""


def _is_nested(run_id: str) -> bool:
    """Return True for a run that the code of a call has started: of it only outcome and charges are recorded."""
    return re.search(r"/\w+-\d+(/|$)", run_id) is not None


def comparable(text: str) -> str:
    """Return a text without the parts that differ from one execution to the next."""
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text


def _facts_of(result: RunResult[Any]) -> JSONObject:
    if _is_nested(result.run_id):
        return {"outcome": result.outcome, "charges": result.charges, "call": (result.tool, result.call_id)}
    return {
        "outcome": result.outcome,
        "reason": result.reason,
        "answer": result.answer,
        "messages": result.messages,
        "charges": result.charges,
        "unfinished": result.unfinished,
        "artifacts": {handle: repr(kept) for handle, kept in sorted(result.artifacts.items())},
        "call": (result.tool, result.call_id, result.run_id),
        "error": str(result.error),
        "children": [_facts_of(child) for child in result.children],
    }


def _said(events: Sequence[Event]) -> Counter[str]:
    """Return what is said again: not what passes, nor calls that were cut off."""
    finished = {(event.run_id, event.call_id) for event in events if isinstance(event, ToolFinished)}
    kept = [
        event.to_json()
        for event in events
        if not isinstance(event, _PASSING)
        and not _is_nested(event.run_id)
        and not (isinstance(event, ToolStarted) and (event.run_id, event.call_id) not in finished)
    ]
    return Counter(
        comparable(json.dumps({**one, "is_replayed": None, "duration_s": None, "wait_s": None})) for one in kept
    )


class WatchedSteps(Steps):
    """Durable steps that tell the server which of them asks, and the execution what is recorded."""

    is_durable: ClassVar[bool] = True  # pyright: ignore[reportIncompatibleMethodOverride]

    def __init__(self, own: Steps, execution: Execution) -> None:
        self._own = own
        self._execution = execution

    @property
    def is_replaying(self) -> bool:
        """See `Steps.is_replaying`."""
        return self._own.is_replaying

    @property
    def worked_s(self) -> float:
        """See `Steps.worked_s`."""
        return self._own.worked_s

    def now(self) -> float:
        """See `Steps.now`."""
        return self._own.now()

    def recorded_charges(self) -> Sequence[JSONObject] | None:
        """See `Steps.recorded_charges`."""
        return self._own.recorded_charges()

    def reserve(self, step: Step) -> Slot:
        """See `Steps.reserve`."""
        return self._own.reserve(step)

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        """See `Steps.announce`."""
        await self._own.announce(slot, intent)
        self._execution.written.append(("intent", slot.name))

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """See `Steps.run`."""

        async def as_this_step() -> JSONObject:
            token = _model_step.set(slot.name)
            try:
                return await effect()
            finally:
                _model_step.reset(token)

        value = await self._own.run(slot, as_this_step if slot.step.kind == "model" else effect)
        self._execution.written.append(("value", slot.name))
        return value

    def under(self, slot: Slot) -> WatchedSteps:
        """See `Steps.under`."""
        return WatchedSteps(self._own.under(slot), self._execution)


@dataclass(frozen=True)
class WatchedJournal:
    """A journal whose steps are watched."""

    path: Path
    execution: Execution

    @asynccontextmanager
    async def open_run(self, run_id: str) -> AsyncGenerator[Steps]:
        """See `StepsStore.open_run`."""
        async with Journal(self.path).open_run(run_id) as steps:
            yield WatchedSteps(steps, self.execution)

    def reopen(self, run_id: str) -> None:
        """See `StepsStore.reopen`."""
        Journal(self.path).reopen(run_id)
