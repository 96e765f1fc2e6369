"""The steps of a run that is recorded in a journal: each is executed once, and its value is durable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from agentkit.errors import RunConflict
from agentkit.journal.envelope import MAX_REQUEST_CHARS, Written
from agentkit.journal.places import PlaceCounter
from agentkit.run.steps import Slot, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.journal.envelope import Phase, Record
    from agentkit.journal.places import Place
    from agentkit.journal.run_journal import RunJournal
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Step, StepFunction


_NO_PLACE = (0, 0, 0)
"""The place of a slot that was not reserved: below it are runs that the code of a run starts outside of its calls."""


class JournalSteps(Steps):
    """The steps of one run, or of one sub-agent in it.

    Args:
        run: The run of the journal.
        prefix: What the names of its steps begin with. Empty: it is the root.
        path: The places of the steps above it.
    """

    is_durable: ClassVar[bool] = True  # pyright: ignore[reportIncompatibleMethodOverride]
    """See `Steps.is_durable`."""

    def __init__(self, run: RunJournal, prefix: str = "", path: tuple[Place, ...] = ()) -> None:
        self._run = run
        self._prefix = prefix
        self._path = path
        self._slots: dict[str, Slot] = {}
        self._paths: dict[str, tuple[Place, ...]] = {}
        self._below: dict[str, JournalSteps] = {}
        self._counter = PlaceCounter()
        self._earlier = run.earlier_below(prefix)
        self._calls_to_replay = dict(self._earlier.calls)
        self._others_to_replay = set(self._earlier.others)
        self._is_reply_known = False
        self._are_calls_reserved = False

    @property
    def run_id(self) -> str:
        """The id of the run in the journal."""
        return self._run.run_id

    @property
    def is_replaying(self) -> bool:
        """See `Steps.is_replaying`. A recorded call that is not reserved with its turn was dropped with one before."""
        if self._others_to_replay or not self._are_calls_reserved:
            return bool(self._others_to_replay or self._calls_to_replay)
        return any(name in self._paths for name in self._calls_to_replay)

    @property
    def worked_s(self) -> float:
        """See `Steps.worked_s`."""
        return self._earlier.worked_s

    def now(self) -> float:
        """See `Steps.now`."""
        return self._run.clock.now()

    def recorded_charges(self) -> Sequence[JSONObject]:
        """See `Steps.recorded_charges`."""
        return self._earlier.charges

    def reserve(self, step: Step) -> Slot:
        """See `Steps.reserve`."""
        name = f"{self._prefix}{_escaped(step.name)}"
        if name not in self._paths or step.position:
            if step.kind == "model":
                self._begin_turn()
            place = self._counter.next_place(step, is_reply_known=self._is_reply_known)
            # Set again for a call: one that began early may have been dropped with its turn, and come back in the next.
            self._paths[name] = (*self._path, place)
            self._are_calls_reserved = self._is_reply_known
        slot = self._slots.get(name)
        if slot is None or slot.step != step:
            recorded = self._run.values.get(name)
            if recorded is not None:
                _check_request(self.run_id, recorded, step)
            is_recorded = self._run.has_value(name)
            intent = None if is_recorded else self._run.intents.get(name)
            duration_s = 0.0 if recorded is None else recorded.ended_s - recorded.started_s
            slot = self._slots[name] = Slot(name, step, is_recorded, intent, duration_s)
        return slot

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        """See `Steps.announce`. Raises JournalError if it could not be recorded: then nothing may happen."""
        if self._run.has_value(slot.name):
            return  # it has happened
        await self._append(slot, "intent", self._run.clock.now(), intent)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """See `Steps.run`. Raises JournalError if the value could not be recorded."""
        if self._run.has_value(slot.name):
            value = await self._run.value_of(slot.name)
        else:
            self._run.check()
            started_s = self._run.clock.now()
            value = await self._append(slot, "value", started_s, await effect())
        self._others_to_replay.discard(slot.name)
        self._calls_to_replay.pop(slot.name, None)
        if slot.step.kind == "model":
            self._is_reply_known = True
        return value

    def under(self, slot: Slot) -> JournalSteps:
        """See `Steps.under`."""
        below = self._below.get(slot.name)
        if below is None:
            path = self._paths.get(slot.name) or (*self._path, _NO_PLACE)
            below = self._below[slot.name] = JournalSteps(self._run, f"{slot.name}/", path)
        return below

    async def _append(self, slot: Slot, phase: Phase, started_s: float, value: JSONObject) -> JSONObject:
        run = self._run
        written = Written(self._paths[slot.name], run.execution, started_s, run.clock.now())
        return await run.append(slot.name, slot.step, phase, written, value)

    def _begin_turn(self) -> None:
        turn = self._counter.model_calls
        dropped = [name for name, its_turn in self._calls_to_replay.items() if its_turn <= turn]
        for name in dropped:
            del self._calls_to_replay[name]
        self._is_reply_known = False


def _escaped(name: str) -> str:
    """Return the name of a step without slashes, which separate names: some servers have them in the ids of calls."""
    return name.replace("%", "%25").replace("/", "%2F") if "/" in name or "%" in name else name


def _check_request(run_id: str, recorded: Record, step: Step) -> None:
    """Raise RunConflict if a step asks something else than was recorded. What is not known is not compared."""
    if recorded.request_hash in ("", step.request_hash) or not step.request_hash:
        return
    now = "" if step.describe is None else step.describe()[:MAX_REQUEST_CHARS]
    raise RunConflict(
        f"Run `{run_id}` asks something else in step `{recorded.name}` than was recorded: the agent, its tools or its "
        f"code have changed. Go on from a copy with `fork`, or start a new run under another run id.\n"
        f"Recorded: {recorded.request or recorded.request_hash}\n"
        f"Now:      {now or step.request_hash}"
    )
