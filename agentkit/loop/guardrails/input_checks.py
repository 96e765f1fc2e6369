"""The checks of a run's input: before its first model call, or beside it.

    start --before--> work ----------------------------> end
                        +--beside--> pass                 what was held is shown, what waited is done
                                     caution              the next user message has the note
                                     block                the run is cancelled

Two rules for this file: until the verdict the run shows nothing, and does nothing that has an effect; and the place of
a caution's note is a step, so that a replay has it in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from agentkit.run.guardrails.verdicts import Block, Caution, NotePlace, VerdictRecord, strictest
from agentkit.run.steps import NotRecorded, RecordedSteps, Step, recorded_value

if TYPE_CHECKING:
    from agentkit.loop.guardrails.check_calls import CheckCalls, Sight
    from agentkit.messages.message import JSONObject
    from agentkit.run.guardrails.guardrail import Guardrail
    from agentkit.run.guardrails.held_events import HeldEvents
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot


@dataclass(slots=True)
class InputChecks:
    """The checks of one run's input, and what follows from their verdict."""

    checks: CheckCalls
    scope: RunScope
    """The scope of the run, behind its gates and held events."""
    events: HeldEvents | None
    """The events of the run. None: nobody listens."""
    sight: Sight
    report: Callable[[VerdictRecord], None]
    """Reports a verdict from which no block follows."""
    on_block: Callable[[VerdictRecord], None]
    """Ends the run."""
    has_server_tools: bool = False
    """True if the API executes tools in the calls, also those that a saved conversation has brought: then only a check
    that ignores them is asked beside the calls."""
    settled: anyio.Event = field(default_factory=anyio.Event, init=False)
    """Set once the verdict is in."""
    gave_up_call: bool = field(default=False, init=False)
    """True if a call, or its reply, was given up for a caution whose note is not sent yet."""
    tokens_cut: int = field(default=0, init=False)
    """The most output tokens that the last model call which was cut off could still have had."""
    _before: list[tuple[Guardrail, Slot]] = field(default_factory=list["tuple[Guardrail, Slot]"], init=False)
    _beside: list[tuple[Guardrail, Slot]] = field(default_factory=list["tuple[Guardrail, Slot]"], init=False)
    _cautions: list[VerdictRecord] = field(default_factory=list[VerdictRecord], init=False)
    """The cautions whose note is not sent yet."""
    _early_place: NotePlace = field(default="", init=False)
    """The place of the note that a replay has found before the verdict. Empty: it has found none."""
    _is_unknown: bool = field(default=False, init=False)
    """True if the run ended before the verdict; of one that is rebuilt, also if it ended by it."""
    _call: anyio.CancelScope | None = field(default=None, init=False)
    """The scope of the model call that is under way. None: none is."""
    _turns: int = field(default=0, init=False)
    _is_only_input: bool = field(init=False)
    """True if all guardrails of the run look at the input alone."""

    def __post_init__(self) -> None:
        self._is_only_input = all(one.places == ("input",) for one in self.checks.spec.guardrails)
        steps = self.scope.steps
        for name, one in self.checks.at("input"):
            slot = steps.reserve(Step(name, "verdict"))
            is_beside = one.is_beside and not (self.has_server_tools and one.server_tools == "refused")
            (self._beside if is_beside else self._before).append((one, slot))
        if self._beside and self.events is not None:
            self.events.hold("input")
        if not self._beside and not self._before:
            self.settled.set()

    @property
    def has_any(self) -> bool:
        """True if the input is checked."""
        return bool(self._before or self._beside)

    @property
    def is_beside(self) -> bool:
        """True if a check runs beside the work."""
        return bool(self._beside)

    @property
    def has_caution(self) -> bool:
        """True if there is a caution whose note is not sent yet."""
        return bool(self._cautions)

    @property
    def is_cleared(self) -> bool:
        """True if the verdict is in, in this execution or, of a run that is rebuilt, in the recorded one."""
        return self.settled.is_set() and not self._is_unknown

    @property
    def is_over(self) -> bool:
        """True if nothing is left that may cut a model call off: the input has passed, and nothing else is checked."""
        return self.is_cleared and not self._cautions and self._is_only_input

    # -- the verdict -------------------------------------------------------------------------------------------

    async def check_before(self) -> None:
        """Ask the guardrails that come before the first call."""
        await self._ask(self._before, is_last=not self._beside)

    async def check_beside(self) -> None:
        """Ask the others, beside the work of the run. Where that ends before them, what waits for them is refused."""
        try:
            await self._ask(self._beside, is_last=True)
        finally:
            self._is_unknown = self._is_unknown or not self.settled.is_set()
            self.settled.set()

    async def _ask(self, guardrails: Sequence[tuple[Guardrail, Slot]], *, is_last: bool) -> None:
        steps = self.scope.steps
        if isinstance(steps, RecordedSteps):  # one that a block of another cut short has no verdict
            known = [one for one in guardrails if one[1].is_recorded]
            self._is_unknown = len(known) < len(guardrails)
            guardrails = known
        records = await self.checks.ask_all(guardrails, self.sight, steps) if guardrails else []
        blocks = [record for record in records if isinstance(record.verdict, Block)]
        if blocks:
            self._is_unknown = isinstance(steps, RecordedSteps)  # the run ended there: nothing after it is known
            self.on_block(blocks[0])
            for record in records:
                if record is not blocks[0]:
                    self.report(record)
        elif is_last or records:
            self._settle(records, is_last=is_last)
        if blocks or is_last:
            self.settled.set()

    def _settle(self, records: Sequence[VerdictRecord], *, is_last: bool) -> None:
        for record in records:
            if isinstance(record.verdict, Caution):
                self._cautions.append(record)
            else:
                self.report(record)
        if is_last and self._early_place:
            self._note_places(self._early_place)
        if self.has_caution and self._call is not None:
            self.gave_up_call = True
            self._call.cancel()
        if is_last and self.events is not None and not self.has_caution and not self._is_unknown:
            self.events.release("input")

    async def wait(self) -> None:
        """Wait until the verdict is in, or the run has ended without it: then `is_cleared` is False."""
        await self.settled.wait()
        if self._is_unknown and self._is_rebuilt:
            raise NotRecorded("the verdict of a guardrail")

    # -- the note of a caution ---------------------------------------------------------------------------------

    async def add_note(self, note: str | None) -> str | None:
        """Return the note for the next user message, behind that of a caution if one is due."""
        steps = self.scope.steps
        if not steps.is_durable and (self.is_over or not self.has_any):
            return note
        slot = self._next_note_slot()
        self._turns += 1
        if not slot.is_recorded and (not self.has_caution or steps.is_replaying):
            return note

        async def effect() -> JSONObject:
            verdict = strictest(self._cautions)
            place: NotePlace = "restart" if self.gave_up_call else "prompt" if self._turns == 1 else "tail"
            return {"note": verdict.note if isinstance(verdict, Caution) else "", "place": place}

        recorded = await steps.run(slot, effect)
        self._note_places(recorded["place"])
        if not self.settled.is_set() and self.scope.steps.is_replaying:
            self._early_place = recorded["place"]
        elif self.events is not None and self.settled.is_set():
            self.events.release("input", without_last_reply=self.gave_up_call)
        self.gave_up_call = False
        text = self.scope.redactor.text(recorded["note"])
        return "\n\n".join(filter(None, (note, text)))

    def _note_places(self, place: NotePlace) -> None:
        for record in self._cautions:
            noted = replace(record, note_place=place)
            self.checks.replace_record(record, noted)
            self.report(noted)
        self._cautions.clear()

    def end(self) -> None:
        """Report the cautions whose note was never sent: the run has ended."""
        self._note_places("")

    # -- what is given up for it -------------------------------------------------------------------------------

    @contextmanager
    def call_that_may_be_given_up(self) -> Generator[None]:
        """A context for a model call that a caution cancels; afterwards, `gave_up_call` says so."""
        with anyio.CancelScope() as scope:
            self._call = scope
            if self.has_caution:
                self.gave_up_call = True
                scope.cancel()
            try:
                yield
            finally:
                self._call = None

    async def gives_up_turn(self, *, has_started: bool) -> bool:
        """Wait for the verdict, and return True if the turn is given up for a caution.

        Args:
            has_started: True if calls of the turn may run before the verdict: then it is kept, and nobody waits here.
        """
        if has_started:
            return False
        await self.wait()
        gives_up = self.has_caution
        if self.scope.steps.is_replaying:
            note = await self._recorded_note()
            gives_up = note["place"] == "restart" if note else gives_up and self._is_rebuilt
        self.gave_up_call = self.gave_up_call or gives_up
        return gives_up

    async def holds_answer_back(self) -> bool:
        """Return True if the model has a note to read before its answer is taken."""
        await self.wait()
        if self.scope.steps.is_replaying:
            return await self._recorded_note() is not None or (self.has_caution and self._is_rebuilt)
        return self.has_caution

    # -- where an earlier execution has gone on: a caution of a new guardrail changes nothing of that ------------

    def _next_note_slot(self) -> Slot:
        return self.scope.steps.reserve(Step(f"caution:{self._turns + 1}", "check"))

    async def _recorded_note(self) -> JSONObject | None:
        return await recorded_value(self.scope.steps, self._next_note_slot())

    @property
    def _is_rebuilt(self) -> bool:
        return isinstance(self.scope.steps, RecordedSteps)
