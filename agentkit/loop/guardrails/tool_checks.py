"""The gate of one guarded run: what the tool calls in it, and in all runs below it, have to pass.

Two rules for this file: it is called from any run below, in whatever event loop; and no call of an effect other than
`read` is executed before the verdict on the input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from agentkit.errors import ToolError
from agentkit.loop.guardrails.check_calls import CheckCalls, Sight
from agentkit.loop.guardrails.seen_text import all_text_of
from agentkit.loop.parent_call import ParentCall
from agentkit.messages.message import encode
from agentkit.run.guardrails.verdicts import Block, Caution, Place, VerdictRecord
from agentkit.run.steps import IN_MEMORY, Steps
from agentkit.tools.run_context import services_of

if TYPE_CHECKING:
    from agentkit.event_loop import EventLoop
    from agentkit.loop.guardrails.input_checks import InputChecks
    from agentkit.messages.message import Content
    from agentkit.run.guardrails.gates import GatedCall
    from agentkit.run.guardrails.guardrail import Guardrail

BLOCKED_RESULT = "Not executed: a guardrail has blocked it."
WITHHELD_RESULT = "The result is withheld: a guardrail has blocked it."
ENDED_RESULT = "Not executed: the run has ended before a guardrail gave its verdict."
WAIT_FOR_NOTE_RESULT = (
    "Not executed: a guardrail has a note for you, which you have not read yet. Read it, and call again if it is right."
)


@dataclass(slots=True)
class ToolChecks:
    """The gate of one guarded run."""

    checks: CheckCalls
    input_checks: InputChecks
    loop: EventLoop
    """The event loop of the guarded run."""
    depth: int
    """Levels of the guarded run from the root, which is 1: the gates of a call are at different ones."""
    is_blocked: Callable[[], bool]
    report: Callable[[VerdictRecord], None]
    on_block: Callable[[VerdictRecord], None]
    _by_place: dict[Place, list[tuple[str, Guardrail]]] = field(init=False)

    def __post_init__(self) -> None:
        places: tuple[Place, ...] = ("tool_call", "tool_result")
        self._by_place = {
            place: [(f"{name}:{self.depth}", one) for name, one in self.checks.at(place)] for place in places
        }

    @property
    def is_needed(self) -> bool:
        """True if a call has to pass the gate at all."""
        return self.input_checks.is_beside or any(self._by_place.values())

    async def before_call(self, call: GatedCall) -> str | None:
        """See `ToolGate.before_call`."""
        self.refuse_if_blocked()
        inputs = self.input_checks
        if inputs.is_cleared and not (self._by_place["tool_call"] or inputs.has_caution):
            return None
        return await self.loop.run(partial(self._before_call, call), "the guarded run above this tool call")

    async def after_call(self, call: GatedCall, content: Content) -> str | None:
        """See `ToolGate.after_call`."""
        if not self._by_place["tool_result"]:
            return None
        sight = _sight(call, "tool_result", all_text_of(content), content)
        return await self.loop.run(
            partial(self._verdict, call, sight, WITHHELD_RESULT), "the guarded run above this tool call"
        )

    async def replay(self, call: GatedCall) -> None:
        """See `ToolGate.replay`."""
        for place, guardrails in self._by_place.items():
            for name, guardrail in guardrails:
                sight = _sight(call, place, "", "")
                for record in await self.checks.replay(guardrail, name, sight, _steps_of(call)):
                    self._apply(record)

    async def _before_call(self, call: GatedCall) -> str | None:
        if call.run.tool.effect != "read":
            await self.input_checks.wait()
            if not self.input_checks.is_cleared:
                raise ToolError(ENDED_RESULT)
            if self.input_checks.has_caution:
                raise ToolError(WAIT_FOR_NOTE_RESULT)
        if not self._by_place["tool_call"]:
            self.refuse_if_blocked()
            return None
        given = call.run.call.input
        sight = _sight(call, "tool_call", encode(given).decode(errors="replace"), given)
        return await self._verdict(call, sight, BLOCKED_RESULT)

    async def _verdict(self, call: GatedCall, sight: Sight, blocked: str) -> str | None:
        """Ask the guardrails of a place. Returns the note of cautions; raises ToolError after a block."""
        steps, notes = _steps_of(call), list[str]()
        asked = [
            (guardrail, await self.checks.slot_for(name, sight, steps)) for name, guardrail in self._by_place[sight.on]
        ]
        for record in await self.checks.ask_all(asked, sight, steps) if asked else ():
            self._apply(record)
            if isinstance(record.verdict, Caution):
                notes.append(record.verdict.note)
        self.refuse_if_blocked(blocked)
        return "\n".join(dict.fromkeys(notes)) or None

    def refuse_if_blocked(self, text: str = BLOCKED_RESULT) -> None:
        """See `ToolGate.refuse_if_blocked`."""
        if self.is_blocked():
            raise ToolError(text)

    def _apply(self, record: VerdictRecord) -> None:
        """Do what follows from a verdict: a block ends the run, and the note of a caution goes with the results."""
        if isinstance(record.verdict, Block):
            self.on_block(record)
            return
        if isinstance(record.verdict, Caution):
            noted = replace(record, note_place="tail")
            self.checks.replace_record(record, noted)
            record = noted
        self.report(record)


def _sight(call: GatedCall, place: Place, text: str, content: object) -> Sight:
    run = call.run
    given: Content | dict[str, object] = content  # type: ignore[assignment]
    key = run.context.idempotency_key
    return Sight(place, text, given, run.path[-1], call.messages, run.tool.name, run.call.id, key)


def _steps_of(call: GatedCall) -> Steps:
    """Return the steps below a tool call: there its checks are recorded, whatever calls run beside it."""
    services = services_of(call.run.context)
    if isinstance(services, ParentCall) and services.scope.steps.is_durable:
        return services.scope.steps.under(services.slot)
    return IN_MEMORY
