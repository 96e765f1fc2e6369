"""The sources of deps that an agent may name: a type, whose value each run is given, or what opens deps for each run.

A sub-agent takes over the deps of the run above it, unless it names a source of its own that opens some.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from types import UnionType
from typing import TypeAlias, TypeVar, cast, get_origin

from agentkit.run.cleanup import close_when_cancelled
from agentkit.tools.options import takes_arguments

Deps = TypeVar("Deps")

DepsSource: TypeAlias = (
    type[Deps]
    | AbstractAsyncContextManager[Deps]
    | AbstractContextManager[Deps]
    | Callable[[], AbstractAsyncContextManager[Deps]]
    | Callable[[], AbstractContextManager[Deps]]
    | Callable[[], Awaitable[Deps]]
    | Callable[[], AsyncGenerator[Deps]]
    | Callable[[], Generator[Deps]]
)
"""The type of `ctx.deps`, whose value the run is given; or what opens one for each run: a context manager, sync or
async, or a function that returns one or yields the value, or an async function. A plain function that returns the value
works as well; the type leaves it out, since a checker could not tell it from the others."""


def is_deps_type(source: object) -> bool:
    """Return True for a type, whose value the run has to be given; False for what opens one."""
    is_generic = get_origin(source) is not None or isinstance(source, UnionType)
    return isinstance(source, type) or is_generic or type(source).__name__ in ("NewType", "TypeAliasType")


def deps_source_problem(source: object) -> str | None:
    """Return the problem of what an agent is given as `deps`. None: it is a type, or opens deps."""
    if source is None or is_deps_type(source) or _context_methods(source):
        return None
    if not callable(source):
        kind = type(source).__name__
        return f"it takes a type, or a function that makes the deps of a run, not a value: run(..., deps={kind}(...))"
    return None if takes_arguments(source, 0) else "its function is called without arguments, for each run"


def given_deps_problem(source: object, given: object) -> str | None:
    """Return the problem of the value that a run is given as `deps`, where it can be no value."""
    if isinstance(given, type) and isinstance(source, type) and issubclass(given, source):
        return f"it takes a value, not the class {given.__name__}: make one"
    if inspect.iscoroutine(given):
        return "it takes a value, not a coroutine: await it first"
    is_generator = inspect.isgenerator(given) or inspect.isasyncgen(given) or hasattr(given, "gen")
    if is_generator and (_context_methods(given) or not hasattr(given, "gen")):
        return "it takes a value, not what opens one: enter it with `with` or `async with`, or give it to the agent"
    if given is not None and given is source and not is_deps_type(source):
        return "the agent opens its deps itself: leave them out"
    return None


@asynccontextmanager
async def open_deps_source(source: object, owner: str) -> AsyncGenerator[object]:
    """Open the deps of one run from a source that is no type; `owner` names them in the log.

    A context manager is entered, and left at the end of the run; whatever else is there is the value itself.
    """
    is_entered = _context_methods(source) is not None
    opened = _fresh_context(source) if is_entered else cast("Callable[[], object]", source)()
    if not is_entered and inspect.isawaitable(opened):
        opened = await opened
    if inspect.isasyncgen(opened):
        opened = asynccontextmanager(cast("Callable[[], AsyncGenerator[object]]", lambda given=opened: given))()
    elif inspect.isgenerator(opened):
        opened = contextmanager(cast("Callable[[], Generator[object]]", lambda given=opened: given))()
    match _context_methods(opened):
        case "async":
            async with close_when_cancelled(cast("AbstractAsyncContextManager[object]", opened), owner) as deps:
                yield deps
        case "sync":
            with cast("AbstractContextManager[object]", opened) as deps:
                yield deps
        case _:
            yield opened


def _context_methods(value: object) -> str | None:
    """Return "async" or "sync" for a context manager. None: it is none."""
    kind = type(value)
    if isinstance(value, type):
        return None
    if hasattr(kind, "__aenter__") and hasattr(kind, "__aexit__"):
        return "async"
    return "sync" if hasattr(kind, "__enter__") and hasattr(kind, "__exit__") else None


def _fresh_context(source: object) -> object:
    """Return a context manager that was not entered yet: those of `contextlib` can be entered only once."""
    is_of_contextlib = isinstance(source, contextlib.ContextDecorator | contextlib.AsyncContextDecorator)
    if is_of_contextlib and hasattr(source, "gen"):
        made = cast("_MadeContext", source)
        return type(source)(made.func, made.args, made.kwds)  # type: ignore[call-arg]  # as `contextlib` makes it
    return source


class _MadeContext:
    """A context manager made by `contextlib.contextmanager` or `asynccontextmanager`: a function and its arguments."""

    func: Callable[..., object]
    args: tuple[object, ...]
    kwds: dict[str, object]


def has_own_deps(source: object, given: object = None) -> bool:
    """Return True if a run has deps without those of a run above it: it is given some, or opens some."""
    return given is not None or (source is not None and not is_deps_type(source))


def inherits_deps(child_source: object, parent_source: object, *, parent_has_deps: bool) -> bool:
    """Return True if a sub-agent that names this source takes over the deps of the run above it."""
    return child_source is None or child_source == parent_source or (is_deps_type(child_source) and parent_has_deps)
