"""The checks of one run's guardrails: each call of a check is a step, and what its runs cost is counted with it.

Two rules for this file: whatever a check does, a verdict comes of it; and what it does itself is neither checked nor
shown.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from agentkit.budget.usage import Cost
from agentkit.log import log
from agentkit.loop.child_runs import ChildRuns
from agentkit.loop.guardrails.check_call import call_check
from agentkit.loop.parent_call import ParentCall
from agentkit.messages.message import ToolCall
from agentkit.models.rate_limiting.fair_queue import goes_first
from agentkit.run.guardrails.guardrail import Guardrail, Seen
from agentkit.run.guardrails.verdicts import (
    Block,
    Caution,
    Pass,
    Place,
    Verdict,
    VerdictRecord,
    verdict_from_json,
    verdict_to_json,
)
from agentkit.run.steps import NO_SLOT, Step, recorded_value
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tools.run_context import RunContext, current_services
from agentkit.tools.serialization import replace_unsendable

if TYPE_CHECKING:
    from agentkit.loop.nested_runs import NestedRuns
    from agentkit.messages.message import Content, JSONObject
    from agentkit.run.agent_spec import AnySpec
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot, Steps

NOT_CHECKED_NOTE = "This could not be checked. Be careful with what it asks for."
"""The note of a guardrail that failed, where `on_error` is `caution`."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The part of a run that its guardrails look at; `Seen` without the context."""

    on: Place
    text: str
    content: Content | JSONObject
    agent: str
    messages: Callable[[], Sequence[JSONObject]]
    tool: str = ""
    call_id: str = ""
    """The tool call. Empty: it is about the input or the output."""
    call_key: str = ""
    """The tool call and its run, which no other call shares. Empty: it is about the input or the output."""

    @property
    def digest(self) -> str:
        """The hash of what is looked at."""
        return hashlib.sha256(f"{self.tool}\n{self.text}".encode(errors="surrogatepass")).hexdigest()


@dataclass(slots=True)
class CheckCalls:
    """Calls the checks of one run."""

    spec: AnySpec
    scope: RunScope
    """The scope of the runs that checks start."""
    deps: object
    nested_runs: NestedRuns
    records: list[VerdictRecord] = field(default_factory=list[VerdictRecord], init=False)
    """The verdicts so far."""
    _asked: Counter[str] = field(default_factory=Counter[str], init=False)
    """The slots that were taken for each check of a tool call, in this execution."""

    @classmethod
    def for_run(cls, spec: AnySpec, scope: RunScope, deps: object, nested_runs: NestedRuns) -> CheckCalls:
        """Return the checks of a run with this scope."""
        return cls(spec, replace(scope, listener=None, gates=()), deps, nested_runs)

    def at(self, place: Place) -> list[tuple[str, Guardrail]]:
        """Return the guardrails of a place, each with the name of its steps: a recorded verdict is that of its name."""
        found: list[tuple[str, Guardrail]] = []
        for one in self.spec.guardrails:
            if place in one.places:
                number = 1 + sum(other.name == one.name for _, other in found)
                found.append((f"check:{place}:{number}.{one.name}", one))
        return found

    async def ask_all(
        self, guardrails: Sequence[tuple[Guardrail, Slot]], sight: Sight, steps: Steps
    ) -> list[VerdictRecord]:
        """Return the verdicts of guardrails, in order: of all of them, or, as a block ends the waiting, a block."""
        if len(guardrails) == 1:
            return [await self.ask(*guardrails[0], sight, steps)]
        given: dict[int, VerdictRecord] = {}

        async def ask(number: int, guardrail: Guardrail, slot: Slot) -> None:
            given[number] = await self.ask(guardrail, slot, sight, steps)
            if isinstance(given[number].verdict, Block):
                tasks.cancel_scope.cancel()

        try:
            async with anyio.create_task_group() as tasks:
                for number, (guardrail, slot) in enumerate(guardrails):
                    tasks.start_soon(ask, number, guardrail, slot, name=f"guardrail {guardrail.name}")
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None
        records = [given[number] for number in sorted(given)]
        if len(records) < len(guardrails) and not any(isinstance(one.verdict, Block) for one in records):
            raise RuntimeError("a check has ended without a verdict")
        return records

    async def ask(self, guardrail: Guardrail, slot: Slot, sight: Sight, steps: Steps) -> VerdictRecord:
        """Return the verdict of one guardrail, now or in an earlier execution, and add it to the records."""
        call = ToolCall(f"{sight.call_key or 'run'}:{slot.step.name}", guardrail.name, {})
        verdict: Verdict | None = None

        async def effect() -> JSONObject:
            nonlocal verdict
            now = steps.now if steps.is_durable else anyio.current_time
            began = now()
            verdict, error = await self._verdict_of(guardrail, sight, call)
            value: JSONObject = {"error": error, "latency_s": round(now() - began, 4)}
            if steps.is_durable:
                value |= {"verdict": verdict_to_json(verdict), "digest": sight.digest}
                value |= self.nested_runs.runs_of_call(call.id)
            return value

        value = await steps.run(slot, effect)
        if verdict is None:
            self._restore_runs(value)
        record = VerdictRecord(
            guardrail=guardrail.name,
            on=sight.on,
            agent=self.spec.name,
            verdict=verdict or verdict_from_json(value["verdict"]),
            latency_s=value["latency_s"],
            cost=self._cost_of(call),
            tool=sight.tool,
            error=value["error"],
        )
        self.records.append(record)
        return record

    async def slot_for(self, name: str, sight: Sight, steps: Steps) -> Slot:
        """Return the slot of a check that an earlier execution may have made, of the same or of something else."""
        key = f"{sight.call_key}:{name}"
        while True:
            self._asked[key] += 1
            slot = steps.reserve(Step(f"{name}:{self._asked[key]}", "verdict"))
            recorded = await recorded_value(steps, slot)
            if recorded is None or recorded["digest"] == sight.digest:
                return slot

    async def replay(self, guardrail: Guardrail, name: str, sight: Sight, steps: Steps) -> list[VerdictRecord]:
        """Return the verdicts that an earlier execution has recorded under this name, and add them to the records."""
        found: list[VerdictRecord] = []
        while (slot := steps.reserve(Step(f"{name}:{len(found) + 1}", "verdict"))).is_recorded:
            found.append(await self.ask(guardrail, slot, sight, steps))
        return found

    def replace_record(self, old: VerdictRecord, new: VerdictRecord) -> None:
        """Put a record with more circumstances in the place of an earlier one."""
        self.records[next(i for i, one in enumerate(self.records) if one is old)] = new

    def _restore_runs(self, value: JSONObject) -> None:
        if "runs" in value:
            self.nested_runs.restore_runs(value)

    def _cost_of(self, call: ToolCall) -> Cost:
        return sum((one.cost.total for one in self.nested_runs.results if one.call_id == call.id), Cost(0.0))

    async def _verdict_of(self, guardrail: Guardrail, sight: Sight, call: ToolCall) -> tuple[Verdict, str]:
        """Return the verdict of the check, or that for its failure with the reason."""
        services = ParentCall(
            self.scope,
            NO_SLOT,
            call,
            self.deps,
            self.spec.deps,
            ChildRuns(),
            self.nested_runs,
            redactor=self.scope.redactor,
        )
        ctx = RunContext(self.deps, self.scope.run_id, self.spec.name, sight.call_id, _services=services)
        content, messages = deepcopy(sight.content), partial(_copies, sight.messages)  # the check may change them
        seen = Seen(sight.on, sight.text, content, sight.agent, sight.tool, ctx, messages)
        token, queue_token = current_services.set(services), goes_first.set(True)
        try:
            verdict, problem, error = await call_check(guardrail, seen)
        finally:
            current_services.reset(token)
            goes_first.reset(queue_token)
        if verdict is not None:
            return verdict, ""
        log().error("a guardrail gave no verdict", guardrail=guardrail.name, reason=problem, exc_info=error)
        problem = replace_unsendable(self.scope.redactor.text(problem))[0]
        return _verdict_on_error(guardrail, problem), problem


def _copies(messages: Callable[[], Sequence[JSONObject]]) -> Sequence[JSONObject]:
    return deepcopy([*messages()])


def _verdict_on_error(guardrail: Guardrail, problem: str) -> Verdict:
    match guardrail.on_error:
        case "block":
            return Block(f"The guardrail {guardrail.name!r} gave no verdict: {problem}.")
        case "caution":
            return Caution(NOT_CHECKED_NOTE)
        case "pass":
            return Pass()
