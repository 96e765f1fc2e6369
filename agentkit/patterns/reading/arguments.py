"""The arguments of a reading, checked before anything is read or sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from os import PathLike
from typing import TYPE_CHECKING, cast

from agentkit.agents.agent import Agent
from agentkit.budget.budget import Budget
from agentkit.errors import UsageError
from agentkit.messages.message import encode
from agentkit.patterns.reading.result import ReadOptions
from agentkit.schema.validation.unknown_options import refuse_unknown_options

if TYPE_CHECKING:
    from agentkit.patterns.reading.evidence import AnyReader

_QUOTING = ('"quote"', '"quotes"', '"additionalProperties":{', '"additionalProperties":true')
"""The marks of a schema that has a place for a quote."""
_NUMBERS = ("most_documents", "pack_tokens", "evidence_tokens", "concurrency")
_OTHERS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "budget": ("a Budget", lambda value: isinstance(value, Budget)),
    "kept": ("the path of a file", lambda value: isinstance(value, str | PathLike) and value != ""),
    "run_id": ("a text that is not empty", lambda value: isinstance(value, str) and bool(value)),
    "progress": ("a function that is not async", lambda value: callable(value) and not iscoroutinefunction(value)),
}


def check_arguments(question: object, reader: object, writer: object, options: ReadOptions) -> None:
    """Raise UsageError for arguments that cannot work, each with its name."""
    refuse_unknown_options("read_many(...)", options, [*ReadOptions.__optional_keys__], UsageError)
    if not isinstance(question, str) or not question.strip():
        raise UsageError(f"read_many needs a question, not {question!r}.")
    try:
        question.encode()
    except UnicodeEncodeError as error:
        half = ascii(question[error.start])
        raise UsageError(f"The question of read_many holds {half}, half of a surrogate pair: remove it.") from None
    for name, agent in (("reader", reader), ("writer", writer)):
        if not isinstance(agent, Agent):
            raise UsageError(f"read_many({name}={agent!r}): it takes an Agent, for example Agent({name!r}, model=...).")
    _check_output(cast("AnyReader", reader))
    given = cast("dict[str, object]", options)
    for name in _NUMBERS:
        number = given.get(name, 1)
        is_none = number is None and name == "most_documents"
        if not is_none and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            raise UsageError(f"read_many({name}={number!r}): it takes a whole number, at least one.")
    for name, (wanted, is_right) in _OTHERS.items():
        if (value := given.get(name)) is not None and not is_right(value):
            raise UsageError(f"read_many({name}={value!r}): it takes {wanted}.")


def _check_output(reader: AnyReader) -> None:
    """Raise UsageError for an output that has no place for a quote; in a text, the API cites."""
    if reader.output_spec.is_text:
        return
    schema = encode(reader.output_spec.form.schema).decode()
    if not any(mark in schema for mark in _QUOTING):
        raise UsageError(
            f"read_many(reader=...): the output of Agent({reader.name!r}) holds no quotes: its type needs a field "
            "`quote`, or `quotes`, with a `document` beside it, as `Findings` has; for a text, the API cites."
        )
