"""The checks of a run's output: what may be the last reply is held back until they have seen it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentkit.loop.guardrails.check_calls import CheckCalls, Sight
from agentkit.messages.message import encode
from agentkit.run.guardrails.verdicts import Block, Caution, VerdictRecord
from agentkit.run.steps import Step
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.messages.message import JSONObject, ToolCall
    from agentkit.run.guardrails.guardrail import Guardrail
    from agentkit.run.guardrails.held_events import HeldEvents


@dataclass(slots=True)
class OutputChecks:
    """The checks of one run's output. A caution sends it back with its note, once."""

    checks: CheckCalls
    events: HeldEvents | None
    """The events of the run. None: nobody listens."""
    messages: Callable[[], Sequence[JSONObject]]
    """Returns the conversation so far."""
    report: Callable[[VerdictRecord], None]
    on_block: Callable[[VerdictRecord], None]
    _guardrails: list[tuple[str, Guardrail]] = field(init=False)
    is_unchecked: bool = field(default=False, init=False)
    """True from the begin of a turn until it is known to go on, or its output has passed."""
    _count: int = field(default=0, init=False)
    _was_sent_back: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._guardrails = self.checks.at("output")

    def begin_turn(self) -> None:
        """Hold the events of a turn, whose reply may be the output; one that was sent back is not shown."""
        self.is_unchecked = bool(self._guardrails)
        if self._guardrails and self.events is not None:
            self.events.release("output", without_last_reply=True)
            self.events.hold("output")

    def turn_goes_on(self, calls: Collection[ToolCall]) -> None:
        """Show a turn that calls tools: it is not the output."""
        if not self._guardrails or any(call.name == ANSWER_TOOL for call in calls):
            return
        self.is_unchecked = False
        if self.events is not None:
            self.events.release("output")

    async def check(self, output: object) -> str | None:
        """Return the reason why the output is sent back, or None."""
        if not self._guardrails:
            return None
        self._count += 1
        spec, steps = self.checks.spec, self.checks.scope.steps
        text = str(output) if spec.output_spec.is_text else encode(spec.output_spec.form.inner.write(output)).decode()
        sight = Sight("output", text, text, spec.name, self.messages)
        asked = [
            (guardrail, steps.reserve(Step(f"{name}:{self._count}", "verdict"))) for name, guardrail in self._guardrails
        ]
        notes: list[str] = []
        for record in await self.checks.ask_all(asked, sight, steps):
            match record.verdict:
                case Block(reason):
                    self.on_block(record)
                    return reason
                case Caution(note) if not self._was_sent_back:
                    noted = replace(record, note_place="tail")
                    self.checks.replace_record(record, noted)
                    self.report(noted)
                    notes.append(note)
                case _:
                    self.report(record)
        if notes:
            self._was_sent_back = True
            return "\n".join(dict.fromkeys(notes))
        self.is_unchecked = False
        if self.events is not None:
            self.events.release("output")
        return None
