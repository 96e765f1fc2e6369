"""The options of a tool: the keywords of `@tool`, `Tool.from_schema` and `Tool.from_api`, and their checks."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast, get_args

from pydantic_core import PydanticSerializationError
from typing_extensions import TypedDict

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.json_numbers import is_finite
from agentkit.schema.stable_json import to_stable_json
from agentkit.schema.validation.unknown_options import refuse_unknown_options
from agentkit.tools.run_context import RunContext

Effect: TypeAlias = Literal["read", "idempotent", "write"]
"""The side effects of a call.

`read`: none; a call may be retried, and may be eager. `idempotent`: a call may be retried with the same
`ctx.idempotency_key`. `write`: a call whose outcome is unknown is never retried.
"""
Available: TypeAlias = "Callable[[RunContext[Any]], bool]"
"""Called once per conversation; returns True if the model gets the tool."""

CODE_EXECUTION = "code_execution_"
"""The beginning of the type of each version of the API's code execution."""
DIRECT = "direct"
"""The model itself, among `allowed_callers`."""
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


class ToolOptions(TypedDict, total=False):
    """The keywords of `@tool`, `Tool.from_schema` and `Tool.from_api`. None is the same as not given."""

    effect: Effect | None
    """The side effects of a call. Not given: `write`, the safe assumption."""
    timeout_s: float | None
    """Seconds until a call is stopped. Not given: the agent's `tool_timeout_s`."""
    retries: int | None
    """The number of retries of a call that failed unexpectedly, timed out or raised ToolError(retryable=True), each
    after a short pause and with a timeout of its own. For the effects `read` and `idempotent`. Not given: 0."""
    raises: Sequence[type[Exception]] | None
    """Exceptions whose text the model reads. Of every other exception it reads a class of failure and an error id."""
    strict: bool | None
    """True: the server enforces the strict form of the schema. Not given: decided per conversation, within the API's
    limits."""
    examples: Sequence[Mapping[str, object]] | None
    """One to five realistic inputs as a model would write them, sent to the model with the tool."""
    max_result_tokens: int | None
    """The approximate limit of a result, in tokens; of a longer result, head and tail are sent. Not given: 25,000."""
    available: Available | None
    """Called once per conversation; returns True if the model gets the tool. Not given: always."""
    exclusive: bool | None
    """True: a call never runs at the same time as another call of its run. Not given: False."""
    eager: bool | None
    """True: a call of the effect `read` may start while the reply is still streaming. Not given: True."""
    defer_loading: bool | None
    """True: the model sees the tool only after it has found it with a tool search. Not given: False."""
    reconcile: Callable[..., object] | None
    """For the effect `write`: finds out, as `reconcile(ctx, **arguments)`, whether a call took effect that was under
    way when its process died: its result, `NOT_DONE` or `UNKNOWN`. Not given: the model reads that it is not
    known."""
    finds_tools: bool | None
    """True: it finds deferred tools, in place of the API's tool search; its result names them in blocks
    `{"type": "tool_reference", "tool_name": ...}`. Not given: False."""
    allowed_callers: Sequence[str] | None
    """The callers of the tool: `direct`, the model itself, and versions of the API's code execution, such as
    `code_execution_20260120`, whose code then calls it. Not given: the model itself."""


def check_name(name: object) -> None:
    """Raise DefinitionError for a name that the API refuses."""
    if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
        raise DefinitionError(
            f"the name {name!r} does not work: it takes 1 to 128 of letters, digits, underscore and dash; give name="
        )


def clean_description(description: object) -> str:
    """Return a description given by hand, as it is written.

    Only the indentation of the source is removed: where all lines have it, or where the closing quotes show it.

    Raises:
        DefinitionError: It is no text.
    """
    if not isinstance(description, str):
        raise DefinitionError(f"description={description!r} must be text")
    if not description.strip():
        return ""
    first, *rest = description.split("\n")
    margin = rest[-1] if rest and not rest[-1].strip() else ""
    if margin and not first[:1].isspace() and all(line.startswith(margin) or not line.strip() for line in rest):
        return "\n".join([first, *(line.removeprefix(margin) for line in rest)]).strip()
    dedented = textwrap.dedent(description)
    return description if dedented == description else dedented.strip()


def check_options(options: ToolOptions) -> ToolOptions:
    """Return the given options, without those that are None.

    Raises:
        DefinitionError: There is no such option, or it has a value that cannot work.
    """
    if options.keys() - ToolOptions.__optional_keys__:
        refuse_unknown_options("a tool", options, ["name", "description", *sorted(ToolOptions.__optional_keys__)])
    given = {name: value for name, value in options.items() if value is not None}
    for name, (wanted, is_right) in _OPTION_RULES.items():
        if name in given and not is_right(given[name]):
            raise DefinitionError(f"{name}={given[name]!r} must be {wanted}")
    if given.get("retries") and given.get("effect", "write") == "write":
        effect = "the effect `write`" if "effect" in given else "no declared effect"
        raise DefinitionError(
            f"retries={given['retries']} does not go with {effect}: after a failure nobody knows whether a call took "
            'effect, and it must not do so twice; declare effect="read", or "idempotent" where ctx.idempotency_key '
            "sees to that, or leave retries out"
        )
    if given.get("reconcile") and given.get("effect", "write") != "write":
        raise DefinitionError(
            f"reconcile= does not go with effect={given['effect']!r}: such a call is simply made again, with the same "
            "ctx.idempotency_key; leave it out"
        )
    if given.get("strict") and is_for_code(options.get("allowed_callers") or ()):
        raise DefinitionError(
            "strict=True does not go with allowed_callers that are code: the API refuses both together"
        )
    if given.get("finds_tools") and given.get("defer_loading"):
        raise DefinitionError(
            "finds_tools=True does not go with defer_loading=True: nothing would find the tool itself"
        )
    return cast("ToolOptions", given)


def takes_arguments(function: Callable[..., object], count: int) -> bool:
    """Return True if a function can be called with so many arguments, as far as Python knows its parameters."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def reconcile_problem(function: Callable[..., object], schema: JSONObject) -> str | None:
    """Return the problem of a function that cannot be called with the context and the tool's arguments."""
    names: list[str] = list(schema.get("properties", {}))
    try:
        inspect.signature(function).bind(None, **dict.fromkeys(names))
    except TypeError:
        return f"reconcile= is called with the RunContext and the tool's arguments: (ctx, {', '.join(names)})"
    except ValueError:  # Python does not know its parameters
        return None
    return None


def is_for_code(allowed_callers: Sequence[str]) -> bool:
    """Return True if code that the API runs may call a tool with these `allowed_callers`."""
    return any(caller != DIRECT for caller in allowed_callers)


def examples_as_json(examples: Sequence[Mapping[str, object]]) -> tuple[JSONObject, ...]:
    """Return examples as JSON data, from any Python values. Raises DefinitionError for a value without a JSON form."""
    try:
        written = tuple(cast("JSONObject", to_stable_json(dict(example))) for example in examples)
    except PydanticSerializationError as error:
        raise DefinitionError(f"an example has no JSON form: {error}") from error
    for example in written:
        if not is_finite(example):
            raise DefinitionError(f"an example holds a number that JSON does not have: {json.dumps(example)}")
    return written


def _is_positive_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_whole_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_exceptions(value: object) -> bool:
    return isinstance(value, tuple | list) and all(
        isinstance(kind, type) and issubclass(kind, Exception) for kind in cast("Sequence[object]", value)
    )


def _are_examples(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(one, Mapping) for one in cast("Sequence[object]", value))


def _are_callers(value: object) -> bool:
    given = cast("Sequence[object]", value) if isinstance(value, tuple | list) else ()
    return bool(given) and all(
        isinstance(caller, str) and (caller == DIRECT or caller.startswith(CODE_EXECUTION)) for caller in given
    )


def _is_predicate(value: object) -> bool:
    return callable(value) and not inspect.iscoroutinefunction(value) and takes_arguments(value, 1)


# For each option the wording of the error message, and the check.
_OPTION_RULES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "effect": (f"one of {', '.join(map(repr, get_args(Effect)))}", lambda value: value in get_args(Effect)),
    "timeout_s": ("a number of seconds above 0", _is_positive_number),
    "retries": ("a whole number from 0 on", _is_whole_number),
    "raises": ("a tuple of exception types: raises=(OutOfStock,)", _are_exceptions),
    "strict": ("True or False", lambda value: isinstance(value, bool)),
    "examples": ("a list of dicts, each an input as the model would write it", _are_examples),
    "max_result_tokens": (
        "a whole number above 0",
        lambda value: _is_positive_number(value) and isinstance(value, int),
    ),
    "available": ("a function of the RunContext that returns True or False, not an async one", _is_predicate),
    "exclusive": ("True or False", lambda value: isinstance(value, bool)),
    "eager": ("True or False", lambda value: isinstance(value, bool)),
    "defer_loading": ("True or False", lambda value: isinstance(value, bool)),
    "reconcile": ("a function of the RunContext and the tool's arguments", callable),
    "finds_tools": ("True or False", lambda value: isinstance(value, bool)),
    "allowed_callers": (
        'a list of "direct" and versions of the API\'s code execution: ["direct", "code_execution_20260120"]',
        _are_callers,
    ),
}
