"""The arguments of a reading, checked before anything is read or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    "again": ("True or False", lambda value: isinstance(value, bool)),
    "run_id": ("a text that is not empty", lambda value: isinstance(value, str) and bool(value)),
    "progress": ("a function that is not async", lambda value: callable(value) and not iscoroutinefunction(value)),
}


def check_arguments(question: object, reader: object, writer: object, options: ReadOptions) -> None:
    """Raise UsageError for arguments of a reading that cannot work, each with its name."""
    refuse_unknown_options("read_many(...)", options, [*ReadOptions.__optional_keys__], UsageError)
    given = cast("dict[str, object]", options)
    check_call("read_many", ("question", question), (reader, writer), given, _NUMBERS)
    check_output(cast("AnyReader", reader))


def check_call(
    pattern: str,
    said: tuple[str, object],
    agents: tuple[object, object],
    options: Mapping[str, object],
    numbers: Iterable[str],
) -> None:
    """Raise UsageError where a question or goal is none, an agent is none, or an option is of another type.

    Args:
        pattern: The function that was called.
        said: The name of the question or goal, and its text.
        agents: The reader and the writer.
        options: The options that were given.
        numbers: The names of the options that take a number, those that begin with `most_` None as well.
    """
    name, text = said
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{pattern} needs a {name}, not {text!r}.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ascii(text[error.start])
        raise UsageError(f"The {name} of {pattern} holds {half}, half of a surrogate pair: remove it.") from None
    for role, agent in zip(("reader", "writer"), agents, strict=True):
        if not isinstance(agent, Agent):
            raise UsageError(f"{pattern}({role}={agent!r}): it takes an Agent, for example Agent({role!r}, model=...).")
    for option in numbers:
        number = options.get(option, 1)
        is_none = number is None and option.startswith("most_")
        if not is_none and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            raise UsageError(f"{pattern}({option}={number!r}): it takes a whole number, at least one.")
    for option, (wanted, is_right) in _OTHERS.items():
        if (value := options.get(option)) is not None and not is_right(value):
            raise UsageError(f"{pattern}({option}={value!r}): it takes {wanted}.")


def check_output(reader: AnyReader, pattern: str = "read_many") -> None:
    """Raise UsageError for an output that has no place for a quote; in a text, the API cites."""
    if reader.output_spec.is_text:
        return
    schema = encode(reader.output_spec.form.schema).decode()
    if not any(mark in schema for mark in _QUOTING):
        raise UsageError(
            f"{pattern}(reader=...): the output of Agent({reader.name!r}) holds no quotes: its type needs a field "
            "`quote`, or `quotes`, with a `document` beside it, as `Findings` has; for a text, the API cites."
        )
