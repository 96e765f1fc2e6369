"""Trials as they are stored: a head that is always read, and messages and calls, which are read when they are used."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar, cast, overload

from pydantic_core import to_jsonable_python

from agentkit.evals.grade import Grade
from agentkit.evals.trial import AnyTrial, Trial
from agentkit.run.outcome import Outcome
from agentkit.testing.expectations import Call

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

Item = TypeVar("Item")
ReadBody = Callable[[], "JSONObject"]
"""Reads the messages and calls of a trial."""

_HEAD = ("outcome", "reason", "cost_usd", "input_tokens", "output_tokens", "seconds")
_TASK = ("task", "category", "agent", "number", "problem")


def head_of(trial: AnyTrial) -> JSONObject:
    """Return what is stored of the work of a trial, apart from its messages and its world.

    Args:
        trial: The trial.
    """
    head: JSONObject = {name: getattr(trial, name) for name in _HEAD}
    head["outcome"] = str(trial.outcome)
    head["faults_met"] = dict(trial.faults_met)
    head["output"] = _stored_value(trial.output)
    return head


def _stored_value(value: object) -> object:
    """Return a value as JSON data; the name of its type where it has no end, or a method of it raises."""
    try:
        return to_jsonable_python(value, inf_nan_mode="strings", fallback=repr)
    except Exception:  # noqa: BLE001 - a type of the program may raise anything
        return f"<{type(value).__name__}>"


def body_of(trial: AnyTrial) -> bytes:
    """Return the messages and calls of a trial, compressed.

    Args:
        trial: The trial.
    """
    calls = [[call.name, call.input, call.path, call.is_error, call.error, call.turn] for call in trial.calls]
    subs = {path: list(messages) for path, messages in trial.sub_transcripts.items()}
    return packed({"transcript": list(trial.transcript), "sub_transcripts": subs, "calls": calls})


def packed(value: object) -> bytes:
    """Return a JSON value, compressed.

    Args:
        value: The value.
    """
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return zlib.compress(text.encode(errors="surrogatepass"), 1)


def unpacked(packed_value: bytes) -> JSONObject:
    """Return the value that `packed` was given.

    Args:
        packed_value: The compressed value.
    """
    return cast("JSONObject", json.loads(zlib.decompress(packed_value).decode(errors="surrogatepass")))


def record_of(trial: AnyTrial) -> JSONObject:
    """Return what the history keeps of a trial: its head, its task and its grades.

    Args:
        trial: The trial.
    """
    record = {**head_of(trial), **{name: getattr(trial, name) for name in _TASK}}
    record["tags"] = list(trial.tags)
    record["input"] = _stored_value(trial.input)
    record["grades"] = [asdict(grade) for grade in trial.grades]
    return record


def trial_of_record(record: JSONObject, read: ReadBody) -> AnyTrial:
    """Return a trial of the history. It has no world.

    Args:
        record: As `record_of` returned it.
        read: Reads its messages.
    """
    given = {name: record[name] for name in _TASK}
    blank: AnyTrial = Trial(**given, input=record["input"], tags=tuple(record["tags"]), world=None)
    done = with_work(blank, record, read, output=record["output"])
    return done.graded([Grade(**grade) for grade in record["grades"]], record["problem"])


def with_work(blank: AnyTrial, head: JSONObject, read: ReadBody, *, output: object, world: object = None) -> AnyTrial:
    """Return a trial with the work that is stored.

    Args:
        blank: The trial without.
        head: The head.
        read: Reads its messages.
        output: The output.
        world: The world.
    """
    given = {name: head[name] for name in _HEAD if name != "outcome"}
    names = _Part(read, "sub_transcripts")
    return Trial(
        task=blank.task,
        input=blank.input,
        category=blank.category,
        tags=blank.tags,
        agent=blank.agent,
        number=blank.number,
        problem=blank.problem,
        world=world,
        output=output,
        outcome=Outcome(head["outcome"]),
        faults_met=head["faults_met"],
        transcript=StoredList(_Part(read, "transcript"), list),
        sub_transcripts=StoredMessages(names),
        calls=StoredList(_Part(read, "calls"), _calls),
        **given,
    )


def _calls(stored: list[tuple[str, JSONObject, list[str], bool | None, str, int]]) -> list[Call]:
    return [Call(name, given, tuple(path), failed, error, turn) for name, given, path, failed, error, turn in stored]


@dataclass(frozen=True, slots=True)
class _Part:
    read: ReadBody
    name: str

    def __call__(self) -> JSONObject:
        return cast("JSONObject", self.read()[self.name])


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class StoredList(Sequence[Item]):
    """A list that is read from the store whenever it is used, so that it takes no memory."""

    _read: Callable[[], object]
    _make: Callable[..., Sequence[Item]]

    def _all(self) -> Sequence[Item]:
        return self._make(self._read())

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        return self._all()[place]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Item]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(cast("Sequence[object]", other))

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class StoredMessages(Mapping[str, Sequence["JSONObject"]]):
    """The messages of sub-agents, read from the store whenever they are used."""

    _read: Callable[[], JSONObject]

    def __getitem__(self, path: str) -> Sequence[JSONObject]:
        return cast("Sequence[JSONObject]", self._read()[path])

    def __len__(self) -> int:
        return len(self._read())

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())
