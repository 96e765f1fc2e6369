"""Places of steps in their run, which order an export: the order of reservation, whatever ran at the same time.

Two rules for this file: a place depends on the reservations alone, never on when a step ended; and a call has the same
place whether it began early, while the reply was still read, or after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from agentkit.run.steps import Step

Place: TypeAlias = tuple[int, int, int]
"""The place of a step among those of the same run: the number of the model call that it follows, the place of the tool
call that it follows or is, and a number that counts the other steps there."""
SortKey: TypeAlias = tuple[tuple[int | str, ...], ...]

_BEFORE_ALL_BELOW, _STEP, _END, _AFTER_ALL_BELOW = range(4)


class PlaceCounter:
    """Assigns the places of one run, those of its children aside."""

    __slots__ = ("_calls", "_others", "model_calls")

    def __init__(self) -> None:
        self.model_calls = 0
        """The number of model calls so far."""
        self._calls = 0
        self._others = 0

    def next_place(self, step: Step, *, is_reply_known: bool) -> Place:
        """Return the place of a step that is reserved.

        Args:
            step: The step.
            is_reply_known: True if the last model call has returned: a call that is reserved before began early, and
                may be dropped with its turn.
        """
        if step.position:
            if is_reply_known:
                self._calls = max(self._calls, step.position)
            return self.model_calls, step.position, 0
        if step.kind == "model":
            self.model_calls += 1
            self._calls = self._others = 0
            return self.model_calls, 0, 0
        self._others += 1
        return self.model_calls, self._calls, self._others


def sort_key(path: tuple[Place, ...], name: str, *, is_value: bool, is_end: bool) -> SortKey:
    """Return the key that sorts records: the intent of a step, everything below it, its value.

    Args:
        path: The places of the steps above it, from the root on, and its own.
        name: The full name of the step: two calls that began early may have the same place, in replies of one turn.
        is_value: False for an intent.
        is_end: True for the end of a run, the last of its steps.
    """
    *above, own = ((_STEP, *place, part) for place, part in zip(path, name.split("/"), strict=False))
    last = (_END, *own[1:]) if is_end else own
    return *above, last, (_AFTER_ALL_BELOW if is_value else _BEFORE_ALL_BELOW,)
