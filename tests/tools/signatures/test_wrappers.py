"""Parameters of wrapped functions: what the wrapper takes decides, and what no call can give is refused."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import DefinitionError, InvalidArguments, RunContext, Tool, tool

pytestmark = pytest.mark.anyio
Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


def multiples(count: int, start: float = 1.0) -> str:
    """List multiples of a number."""
    return str([start * i for i in range(count)])


def of_pi(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(count: int) -> Any:
        return function(count, 3.14)

    return wrapper


def passing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def with_default(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(count: int = 3, *, tries: int = 2, **kwargs: Any) -> Any:
        return function(count, **kwargs)

    return wrapper


def audited(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, user: str, **kwargs: Any) -> Any:
        return f"{user}: {function(*args, **kwargs)}"

    return wrapper


def audited_openly(function: Callable[..., Any]) -> Callable[..., Any]:
    wrapper = audited(function)
    shown = inspect.signature(function)
    user = inspect.Parameter("user", inspect.Parameter.KEYWORD_ONLY, annotation=str)
    wrapper.__signature__ = shown.replace(parameters=[*shown.parameters.values(), user])  # type: ignore[attr-defined]
    return wrapper


def audited_typed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function, assigned=("__name__", "__doc__", "__module__", "__qualname__"))
    def wrapper(*args: Any, user: str, ctx: RunContext | None = None, **kwargs: Any) -> Any:
        return f"{user}: {function(*args, **kwargs)}"

    return wrapper


def by_position(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class Counted:
    """A wrapper that is an object."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, count: int) -> Any:
        return self.function(count, 2.0)


def shown(made: Tool[..., Any]) -> list[str]:
    return list(made.input_schema["properties"])


@pytest.mark.parametrize(
    ("wrapped", "names", "call", "result"),
    [
        (of_pi(multiples), ["count"], {"count": 2}, "[0.0, 3.14]"),
        (passing(of_pi(multiples)), ["count"], {"count": 2}, "[0.0, 3.14]"),
        (of_pi(passing(multiples)), ["count"], {"count": 2}, "[0.0, 3.14]"),
        (passing(multiples), ["count", "start"], {"count": 1, "start": 2}, "[0.0]"),
        (with_default(multiples), ["count", "start"], {"start": 2}, "[0.0, 2.0, 4.0]"),
        (audited_openly(multiples), ["count", "start", "user"], {"count": 1, "user": "u"}, "u: [0.0]"),
        (audited_typed(multiples), ["count", "start", "user"], {"count": 1, "user": "u"}, "u: [0.0]"),
        (functools.partial(audited(multiples), user="u"), ["count", "start"], {"count": 1}, "u: [0.0]"),
        (functools.partial(of_pi(multiples), count=1), [], {}, "[0.0]"),
        (Counted(multiples), ["count"], {"count": 2}, "[0.0, 2.0]"),
        (functools.lru_cache(of_pi(multiples)), ["count"], {"count": 2}, "[0.0, 3.14]"),
    ],
)
async def test_what_is_shown_can_be_given(
    wrapped: Callable[..., Any], names: list[str], call: dict[str, object], result: str
) -> None:
    made = tool(wrapped, name="multiples", effect="read")
    assert shown(made) == names
    assert await made.call(call) == result
    with pytest.raises(InvalidArguments):
        await made.call({**call, "unknown": 1})


async def test_the_wrapper_of_a_method_decides_as_well() -> None:
    class Shop:
        factor = 3.0

        @of_pi_of_method
        def multiples(self, count: int, start: float) -> str:
            """List multiples."""
            return str([start * self.factor * i for i in range(count)])

    made = tool(Shop().multiples, effect="read")
    assert shown(made) == ["count"]
    assert await made.call({"count": 2}) == "[0.0, 6.0]"


def of_pi_of_method(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(self: Any, count: int) -> Any:
        return function(self, count, 2.0)

    return wrapper


@functools.singledispatch
def by_type(value: int) -> str:
    """Choose by the type."""
    return str(value)


@pytest.mark.parametrize(
    ("wrapped", "said"),
    [
        (audited(multiples), "parameter `user`: its wrapper takes it and functools.wraps hides it"),
        (passing(audited(multiples)), "parameter `user`: its wrapper takes it"),
        (by_position(multiples), r"parameter `count`: its wrapper takes `\*args` only"),
        (by_type, "singledispatch"),
    ],
)
def test_what_no_call_can_give_is_refused(wrapped: Callable[..., Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        tool(wrapped, name="multiples")


async def test_a_function_of_a_schema_may_be_wrapped_by_position() -> None:
    def find(given: dict[str, object]) -> str:
        return str(given)

    made = Tool.from_schema("find", "Find.", {"type": "object"}, by_position(find), effect="read")
    assert await made.call({"a": 1}) == "{'a': 1}"


async def test_the_names_of_a_function_in_an_object_are_those_of_its_own_module() -> None:
    """A wrapper that is an object may come from a library, which knows nothing of the function's types."""
    library = types.ModuleType("library")
    exec(
        "import functools\n"
        "class Traced:\n"
        "    def __init__(self, function):\n        functools.update_wrapper(self, function)\n"
        "    def __call__(self, *args, **kwargs): ...\n",
        library.__dict__,
    )

    def look_up(given: RunContext[None], n: int) -> None: ...

    assert tool(library.Traced(look_up)).input_schema["properties"].keys() == {"n"}
