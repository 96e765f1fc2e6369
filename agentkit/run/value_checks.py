"""Checks of the values that agents and runs are given: a wrong kind is refused, with what to write instead.

Each check returns the problem, to be put behind `name=...: `, or None. Unlike a type checker they see every call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TypeAlias, cast

from agentkit.budget.budget import Budget
from agentkit.budget.prices import Price
from agentkit.models.client_check import client_problem
from agentkit.models.retry import Retry
from agentkit.run.deps_source import deps_source_problem
from agentkit.run.settings import Settings
from agentkit.tools.options import takes_arguments

ValueCheck: TypeAlias = Callable[[object], "str | None"]
"""Returns the problem of a value. None: it is of the right kind."""

_MODEL_EXAMPLE = '"claude-haiku-5-5"'


def model_problem(value: object) -> str | None:
    """Return the problem of a model: it is an id, or has the `Model` protocol."""
    if isinstance(value, str):
        return None if value.strip() else f"it takes a model id, such as {_MODEL_EXAMPLE}, not an empty text"
    if isinstance(value, type):
        return f"it takes a model id or a Model, not the class {value.__name__}: make one, or write {_MODEL_EXAMPLE}"
    if callable(stream := getattr(value, "stream", None)):
        if not isinstance(getattr(value, "name", None), str):
            return f"a Model needs a `name`, the id of the model as text, and {type(value).__name__} has none"
        if inspect.isasyncgenfunction(stream) or inspect.iscoroutinefunction(stream):
            return (
                f"{type(value).__name__}.stream has to return an async context manager that yields the events: write "
                "`@contextlib.asynccontextmanager` above it"
            )
        return None
    if callable(getattr(value, "post", None)):
        return f"it takes a model id or a Model, and a client is given as `client=`: write {_MODEL_EXAMPLE}"
    return f"it takes a model id, such as {_MODEL_EXAMPLE}, or a Model, not {_kind(value)}"


def instructions_problem(value: object) -> str | None:
    """Return the problem of instructions: they are text, or a function of the RunContext."""
    if isinstance(value, str):
        return None
    if isinstance(value, list | tuple):
        return 'it takes one text, not several: join them, "\\n\\n".join([...])'
    if isinstance(value, type) or not callable(value):
        return f"it takes text or a function of the RunContext, not {_kind(value)}"
    return _arguments_problem(value, 1, "the RunContext: `def instructions(ctx)`")


def function_problem(*names: str) -> ValueCheck:
    """Return a check of a function that is called with so many arguments, or None."""
    example = f"`def f({', '.join(names)})`"

    def problem(value: object) -> str | None:
        if value is None:
            return None
        if not callable(value):
            return f"it takes a function, {example}, not {_kind(value)}"
        return _arguments_problem(value, len(names), f"{' and '.join(names)}: {example}")

    return problem


def settings_problem(value: object) -> str | None:
    """Return the problem of settings."""
    return _instance_problem(value, Settings, 'Settings(effort="low")')


def budget_problem(value: object) -> str | None:
    """Return the problem of a budget that may be None."""
    return None if value is None else _instance_problem(value, Budget, "Budget(max_cost_usd=0.5)")


def _retry_problem(value: object) -> str | None:
    return _instance_problem(value, Retry, "Retry(max_attempts=3)")


def _price_problem(value: object) -> str | None:
    problem = f"it takes a Price, or a list of them, not {_kind(value)}: Price(input=1, output=5)"
    tiers = cast("Sequence[object]", value) if isinstance(value, list | tuple) else [value]
    is_right = value is None or (tiers and all(isinstance(tier, Price) for tier in tiers))
    return None if is_right else problem


def _optional(check: ValueCheck) -> ValueCheck:
    return lambda value: None if value is None else check(value)


def text_problem(value: object) -> str | None:
    """Return the problem of a text."""
    return None if isinstance(value, str) else f"it takes text, not {_kind(value)}"


def _run_id_problem(value: object) -> str | None:
    if value == "":
        return "it is empty: leave it out, or None, for a new id"
    return None if value is None or isinstance(value, str) else f"it takes text, not {_kind(value)}: str(...)"


def _steps_problem(value: object) -> str | None:
    methods = [name for name in ("reserve", "run", "under") if not callable(getattr(value, name, None))]
    if value is None or not (methods or isinstance(value, type)):
        return None
    return f"it takes an object with the `Steps` protocol, such as InMemorySteps(), not {_kind(value)}"


def _journal_problem(value: object) -> str | None:
    is_store = callable(getattr(value, "open_run", None)) and not isinstance(value, type)
    if is_store or isinstance(value, str | PathLike):
        return None
    return f'it takes the path of a file, "runs.db", or a Journal, not {_kind(value)}'


def _whole_number(least: int) -> ValueCheck:
    def problem(value: object) -> str | None:
        is_right = isinstance(value, int) and not isinstance(value, bool) and value >= least
        return None if is_right else f"it takes a whole number from {least} on, not {value!r}"

    return problem


def seconds_problem(value: object) -> str | None:
    """Return the problem of a number of seconds."""
    is_right = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return None if is_right else f"it takes a number of seconds above 0, not {value!r}; math.inf is no limit"


def _switch_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else f"it takes True or False, not {value!r}"


def _type_problem(value: object) -> str | None:
    """Return the problem of what is given as a type; types that have no JSON form are found when it is compiled."""
    if value is None:
        return "it takes a type, not None: leave it out, or write `str`"
    if isinstance(value, Mapping):
        return "it takes a Python type, not a JSON Schema: a pydantic model, a dataclass, a TypedDict, `list[str]`"
    if isinstance(value, list | tuple):
        return "it takes a type, not a list of some: write `list[...]`"
    if inspect.isroutine(value):
        return f"it takes a type, not the function `{getattr(value, '__name__', value)}`"
    if hasattr(type(value), "__pydantic_core_schema__") or hasattr(type(value), "__dataclass_fields__"):
        return f"it takes a type, not a value of one: write `{type(value).__name__}`"
    return None


_RUN_CHECKS: Mapping[str, ValueCheck] = {
    "model": model_problem,
    "settings": settings_problem,
    "client": client_problem,
    "budget": budget_problem,
    "run_id": _run_id_problem,
    "steps": _steps_problem,
    "journal": _journal_problem,
}
"""For each option of a run; None is the same as not given."""

AGENT_CHECKS: Mapping[str, ValueCheck] = {
    "max_turns": _whole_number(1),
    "model": model_problem,
    "fallback": _optional(model_problem),
    "instructions": instructions_problem,
    "input": _type_problem,
    "output": _type_problem,
    "deps": deps_source_problem,
    "description": text_problem,
    "render": function_problem("given"),
    "settings": settings_problem,
    "client": client_problem,
    "output_retries": _whole_number(0),
    "tool_timeout_s": seconds_problem,
    "max_concurrent_calls": _whole_number(1),
    "artifacts": _switch_problem,
    "budget": budget_problem,
    "price": _price_problem,
    "retry": _retry_problem,
    "verify": function_problem("output"),
}
"""For each field of an agent that has no check of its own."""


def find_run_problem(options: Mapping[str, object]) -> str | None:
    """Return the problem of an option of a run, with its name. None: there is none."""
    for name, value in options.items():
        check = _RUN_CHECKS.get(name)
        if check is not None and value is not None and (problem := check(value)) is not None:
            return f"{name}=...: {problem}"
    return None


def _instance_problem(value: object, wanted: type[object], example: str) -> str | None:
    if isinstance(value, wanted):
        return None
    return f"it takes a {wanted.__name__}, not {_kind(value)}: {example}"


def _arguments_problem(function: Callable[..., object], count: int, wanted: str) -> str | None:
    """Return the problem of a function that cannot be called with so many positional arguments."""
    return None if takes_arguments(function, count) else f"its function is called with {wanted}"


def _kind(value: object) -> str:
    """Return a value of a wrong kind in words: its type, and a short value itself."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 40):
        return repr(value)
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
