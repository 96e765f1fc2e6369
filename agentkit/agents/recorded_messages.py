"""The messages of runs in a journal, read when they are asked for: a fan-out holds outputs only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast, overload

from agentkit.messages.message import JSONObject
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.run.result import RunResult

Out = TypeVar("Out")
ReadResult = Callable[[], "RunResult[object]"]
"""Reads the whole result of the root run from its journal, in any thread."""

_UNRECORDED = (Outcome.CANCELLED, Outcome.PAUSED)
"""Outcomes of runs that can go on, so that a journal has no result of them."""


class RecordedMessages(Sequence[JSONObject]):
    """The messages of a run, which are read from its journal when they are first used."""

    def __init__(self, read: ReadResult, run_id: str) -> None:
        self._read = read
        self._run_id = run_id
        self._messages: Sequence[JSONObject] | None = None

    @overload
    def __getitem__(self, index: int) -> JSONObject: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[JSONObject]: ...
    def __getitem__(self, index: int | slice) -> JSONObject | Sequence[JSONObject]:
        return self._load()[index]

    def __iter__(self) -> Iterator[JSONObject]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self._load()] == [*cast("Sequence[object]", other)]

    __hash__ = None  # type: ignore[assignment]  # like a list, it holds dictionaries

    def __repr__(self) -> str:
        return f"<messages of {self._run_id}>"

    def __reduce__(self) -> tuple[object, ...]:
        return tuple, (tuple(self._load()),)

    def _load(self) -> Sequence[JSONObject]:
        if self._messages is None:
            found = next((one for one in _every_run(self._read()) if one.run_id == self._run_id), None)
            self._messages = () if found is None else found.messages
        return self._messages


def without_messages(result: RunResult[Out], read: ReadResult) -> RunResult[Out]:
    """Return the result of a recorded run with messages that are read when they are used, here and in its children."""
    if result.outcome in _UNRECORDED:
        return result
    children = tuple(without_messages(child, read) for child in result.children)
    return replace(result, messages=RecordedMessages(read, result.run_id), children=children)


def _every_run(result: RunResult[object]) -> Iterator[RunResult[object]]:
    yield result
    for child in result.children:
        yield from _every_run(child)
