"""The event loop of a thread: which one runs here, and how other threads reach it.

Two rules for this file: the thread is asked if an event loop runs in it, never a context variable, since contexts are
copied into other threads; and a function that is posted to a loop must raise nothing, for trio ends the program then.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, copy_context
from typing import Generic, Literal, TypeAlias, TypeVar, cast
from weakref import WeakValueDictionary

import anyio
import sniffio

from agentkit.errors import UsageError

T = TypeVar("T")

Library: TypeAlias = Literal["asyncio", "trio"]
"""The async libraries that agentkit runs on."""

_LIVENESS_CHECK_S = 1.0
"""Seconds between two looks at a loop from which an answer is awaited: it may have ended."""
_ABANDON_AFTER_S = 5.0
"""Seconds that a cancelled call in another loop has for its clean-up; then nobody waits for it any more."""
_BLOCKED_AFTER_S = 15.0
"""Seconds without an answer after which a thread that waits for an event loop takes it for blocked."""
_running_tasks: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks only weakly
_latest: WeakValueDictionary[int, EventLoop] = WeakValueDictionary()
"""The event loop of each thread, so that all who keep it share one object."""


def running_library() -> Library | None:
    """Return the async library whose event loop runs in this thread. None: no event loop runs in it."""
    trio = sys.modules.get("trio.lowlevel")
    if not hasattr(trio, "in_trio_task"):  # another thread may be importing it: then no loop of it runs in this one
        trio = None
    if trio is not None and trio.in_trio_task():
        return "trio"
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return "trio" if trio is not None and trio.in_trio_run() else None
    return "asyncio"


def context_for(library: Library | None) -> Context:
    """Return a copy of the context for code in an event loop of this library. None: in a thread that may start one."""
    context = copy_context()
    context.run(sniffio.current_async_library_cvar.set, library)
    return context


def correct_library_name() -> Library | None:
    """Return `running_library()`, and correct the context variable that anyio trusts.

    A copied context may have brought it from another event loop: `asyncio.run` does not set it, `anyio.run` does.
    """
    library = running_library()
    if library is not None and sniffio.current_async_library_cvar.get() not in (None, library):
        sniffio.current_async_library_cvar.set(library)
    return library


def start_root_task(
    main: Callable[[], Coroutine[object, None, None]], name: str, context: Context | None = None
) -> None:
    """Start `main` as a task of the running event loop, outside of every task group and cancel scope.

    It must raise nothing but its own cancellation: nothing would catch an error.

    Args:
        main: The coroutine function.
        name: The name of the task, for debuggers.
        context: The context of the task. None: a copy of the current one.
    """
    if running_library() == "trio":
        import trio

        trio.lowlevel.spawn_system_task(main, name=name, context=copy_context() if context is None else context)
        return
    task = asyncio.get_running_loop().create_task(main(), name=name, context=context)
    _running_tasks.add(task)
    task.add_done_callback(_running_tasks.discard)


class EventLoop:
    """One event loop, which other threads reach by `post` and `run`. Compared by identity of the loop itself."""

    __slots__ = ("__weakref__", "_loop", "library", "thread_id")

    def __init__(self, library: Library, loop: object) -> None:
        self.library: Library = library
        self.thread_id = threading.get_ident()
        """The thread in which it runs."""
        self._loop = loop

    @classmethod
    def current(cls) -> EventLoop:
        """Return the event loop that runs in this thread. Raises RuntimeError where none does."""
        if correct_library_name() == "trio":
            import trio

            current = cls("trio", trio.lowlevel.current_trio_token())
        else:
            current = cls("asyncio", asyncio.get_running_loop())
        latest = _latest.get(current.thread_id)
        if latest is None or latest != current:
            _latest[current.thread_id] = latest = current
        return latest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventLoop) and self._loop is other._loop

    def __hash__(self) -> int:
        return id(self._loop)

    @property
    def is_current(self) -> bool:
        """True if the running code runs in this event loop."""
        return threading.get_ident() == self.thread_id and running_library() is not None and self == EventLoop.current()

    @property
    def has_ended(self) -> bool:
        """True if nothing runs in it any more."""
        return not self.post(_do_nothing)

    def answers(self, seconds: float) -> bool:
        """Return True if the loop runs what is posted within so many seconds: nothing blocks it. Not for use in it."""
        answered = threading.Event()
        return self.post(answered.set) and answered.wait(seconds)

    def post(self, function: Callable[[], object]) -> bool:
        """Schedule a function in this event loop, from any thread. False: the loop has ended, so it is not called."""
        try:
            if self.library == "trio":
                import trio

                cast("trio.lowlevel.TrioToken", self._loop).run_sync_soon(function)
            else:
                loop = cast("asyncio.AbstractEventLoop", self._loop)
                loop.call_soon_threadsafe(function, context=context_for(self.library))
        except RuntimeError:  # asyncio's loop is closed; trio's RunFinishedError is one, too
            return False
        return True

    def call_or_post(self, function: Callable[[], object]) -> bool:
        """Call a function at once if this event loop is the current one, and post it otherwise; see `post`."""
        if not self.is_current:
            return self.post(function)
        function()
        return True

    async def run(self, function: Callable[[], Awaitable[T]], name: str) -> T:
        """Await a coroutine function in this event loop, from any event loop; a cancellation is passed on.

        Args:
            function: The coroutine function; it sees the context of the caller.
            name: A phrase for what is called, for the error.

        Raises:
            UsageError: This event loop has ended, or ends before the function does.
        """
        if self.is_current:
            return await function()
        done, caller = anyio.Event(), EventLoop.current()
        call = _CallFromOtherLoop(function, name, lambda: caller.post(done.set), context_for(self.library))
        is_posted = self.post(call.start)
        try:
            while is_posted and not call.is_over():
                with anyio.move_on_after(_LIVENESS_CHECK_S):
                    await done.wait()
                is_posted = call.is_over() or not self.has_ended
        except BaseException:
            if self.post(call.cancel):
                with anyio.move_on_after(_ABANDON_AFTER_S, shield=True):
                    await done.wait()
            raise
        if not is_posted:
            raise _loop_ended_error(name)
        return call.value()

    def run_from_thread(self, function: Callable[[], Awaitable[T]], name: str) -> T:
        """Await a coroutine function in this event loop, from a thread in which none runs; the thread waits for it.

        Args:
            function: The coroutine function; it sees the context of the caller.
            name: A phrase for what is called, for the error.

        Raises:
            UsageError: This event loop has ended, or ends before the function does, or has not answered for long: its
                code may be waiting for this very thread.
        """
        done = threading.Event()
        call = _CallFromOtherLoop(function, name, done.set, context_for(self.library))
        is_posted = self.post(call.start)
        try:
            while is_posted and not done.wait(_LIVENESS_CHECK_S):
                is_posted = self.answers(_BLOCKED_AFTER_S) or call.is_over()
        finally:
            if not call.is_over():
                self.post(call.cancel)
        if is_posted:
            return call.value()
        raise _loop_ended_error(name) if self.has_ended else _loop_blocked_error(name)


class PassedOutcome(Generic[T]):
    """The value or the error of a call, as it is passed to whoever waits for the call elsewhere."""

    __slots__ = ("_error", "_value")

    def __init__(self) -> None:
        self._value: T | None = None
        self._error: BaseException | None = None

    def value(self) -> T:
        """Return the value, or raise the error, once the call is over."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
            return cast("T", self._value)
        finally:
            del error  # an exception and the frame that holds it would form a reference cycle


class _CallFromOtherLoop(PassedOutcome[T]):
    """A call that one event loop, or a thread without one, waits for and another event loop, its home, executes."""

    def __init__(
        self, function: Callable[[], Awaitable[T]], name: str, on_end: Callable[[], object], context: Context
    ) -> None:
        super().__init__()
        self._is_over = False
        self._function = function
        self._name = name
        self._on_end = on_end
        self._context = context
        self._scope: anyio.CancelScope | None = None
        self._is_cancelled = False

    def is_over(self) -> bool:
        """Return True once it has ended, in any thread."""
        return self._is_over

    # The methods below run in the home event loop.

    def start(self) -> None:
        try:
            start_root_task(self._main, self._name, self._context)
        except RuntimeError:  # trio takes no more tasks at its very end
            self._end(_loop_ended_error(self._name))

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._scope is not None:
            self._scope.cancel()

    async def _main(self) -> None:
        error: BaseException | None = _loop_ended_error(self._name)
        try:
            with anyio.CancelScope() as self._scope:
                if self._is_cancelled:
                    self._scope.cancel()
                self._value = await self._function()
                error = None
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as raised:  # noqa: BLE001 - passed by value: the caller raises it
            error = raised
        finally:
            self._end(error)
            del error

    def _end(self, error: BaseException | None) -> None:
        self._error = error
        self._is_over = True
        self._on_end()


def _do_nothing() -> None:
    pass


def _loop_ended_error(name: str) -> UsageError:
    return UsageError(f"The event loop of {name} has ended: use it only while that loop runs.")


def _loop_blocked_error(name: str) -> UsageError:
    return UsageError(
        f"The event loop of {name} does not answer: code blocks it, perhaps an async tool that waits for this thread "
        "(`thread.join()`, `future.result()`). Make that tool a sync function, or await the thread."
    )
