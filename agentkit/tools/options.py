"""What can be said of a tool beside its function: the keywords of `@tool` and `Tool.from_schema`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast, get_args

from pydantic_core import PydanticSerializationError, to_jsonable_python
from typing_extensions import TypedDict

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.tools.run_context import RunContext

Effect: TypeAlias = Literal["read", "idempotent", "write"]
"""What a call does to the world.

`read`: nothing; it may run again, and start early. `idempotent`: it may run again with the same
`ctx.idempotency_key`. `write`: it is never run again when its outcome is unknown.
"""
Available: TypeAlias = "Callable[[RunContext[Any]], bool]"
"""Asked once per conversation, whether the model gets the tool."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


class ToolOptions(TypedDict, total=False):
    """The keywords of `@tool` and `Tool.from_schema`. None is the same as not given."""

    effect: Effect | None
    """What a call does to the world. Not given: `write`, the safe guess."""
    timeout_s: float | None
    """Seconds until a call is stopped. Not given: the agent's `tool_timeout_s`."""
    retries: int | None
    """How often a call that failed unexpectedly, timed out or raised ToolError(retryable=True) is made again, after a
    short pause, with its own time limit. For the effects `read` and `idempotent`. Not given: never."""
    raises: Sequence[type[Exception]] | None
    """Exceptions whose text the model reads. Of every other one it learns a class of failure and an id."""
    strict: bool | None
    """Whether the server enforces the schema, in its strict form. Not given: as a conversation's limits allow."""
    examples: Sequence[Mapping[str, object]] | None
    """Inputs as a model would write them, shown to it; one to five realistic ones."""
    max_result_tokens: int | None
    """About how long a result may be; head and tail of a longer one are kept. Not given: 25,000."""
    available: Available | None
    """Asked once per conversation whether the model gets the tool. Not given: always."""
    exclusive: bool | None
    """Whether a call runs beside no other call of its run. Not given: no."""
    eager: bool | None
    """Whether a call may begin while the reply still comes, for the effect `read`. Not given: yes."""
    defer_loading: bool | None
    """Whether the model has to search for the tool before it sees it, by the API's tool search. Not given: no."""


def check_name(name: object) -> None:
    """Raise DefinitionError for a name that the API refuses."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DefinitionError(
            f"the name {name!r} does not work: it takes 1 to 128 of letters, digits, underscore and dash; give name="
        )


def checked_description(description: object) -> str:
    """What the model is told, without the indentation of the source. Raises DefinitionError for what is no text."""
    if not isinstance(description, str):
        raise DefinitionError(f"description={description!r} must be text")
    return inspect.cleandoc(description).strip()


def checked_options(options: ToolOptions) -> ToolOptions:
    """The options that were given. Raises DefinitionError for one that cannot work, TypeError for one that is none."""
    if unknown := options.keys() - ToolOptions.__optional_keys__:
        known = ", ".join(sorted(ToolOptions.__optional_keys__))
        raise TypeError(f"a tool takes no keyword {', '.join(sorted(unknown))}; it takes name, description, {known}")
    given = {name: value for name, value in options.items() if value is not None}
    for name, (wanted, is_right) in _RULES.items():
        if name in given and not is_right(given[name]):
            raise DefinitionError(f"{name}={given[name]!r} must be {wanted}")
    if given.get("retries") and given.get("effect", "write") == "write":
        effect = "the effect `write`" if "effect" in given else "no declared effect"
        raise DefinitionError(
            f"retries={given['retries']} does not go with {effect}: after a failure nobody knows whether a call took "
            'effect, and it must not do so twice; declare effect="read", or "idempotent" where ctx.idempotency_key '
            "sees to that, or leave retries out"
        )
    return cast("ToolOptions", given)


def json_examples(examples: Sequence[Mapping[str, object]]) -> tuple[JSONObject, ...]:
    """Examples as JSON, whatever Python values they were written with. Raises DefinitionError where there is none."""
    try:
        return tuple(to_jsonable_python(dict(example)) for example in examples)
    except PydanticSerializationError as error:
        raise DefinitionError(f"an example has no JSON form: {error}") from error


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_exceptions(value: object) -> bool:
    return isinstance(value, tuple | list) and all(
        isinstance(kind, type) and issubclass(kind, Exception) for kind in cast("Sequence[object]", value)
    )


def _are_examples(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(one, Mapping) for one in cast("Sequence[object]", value))


def _is_predicate(value: object) -> bool:
    return callable(value) and not inspect.iscoroutinefunction(value)


_RULES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "effect": (f"one of {', '.join(map(repr, get_args(Effect)))}", lambda value: value in get_args(Effect)),
    "timeout_s": ("a number of seconds above 0", _is_amount),
    "retries": ("a whole number from 0 on", _is_count),
    "raises": ("a tuple of exception types: raises=(OutOfStock,)", _are_exceptions),
    "strict": ("True or False", lambda value: isinstance(value, bool)),
    "examples": ("a list of dicts, each an input as the model would write it", _are_examples),
    "max_result_tokens": (
        "a whole number above 0",
        lambda value: _is_amount(value) and isinstance(value, int),
    ),
    "available": ("a function of the RunContext that returns True or False, not an async one", _is_predicate),
    "exclusive": ("True or False", lambda value: isinstance(value, bool)),
    "eager": ("True or False", lambda value: isinstance(value, bool)),
    "defer_loading": ("True or False", lambda value: isinstance(value, bool)),
}
