"""The client that replaces every other one, in tests: of the current context, of the whole process, or the only one.

A thread of a pool has no copy of the context that started its work, and neither has a task from before a block. What
runs there while clients are replaced somewhere must not reach the real API: it gets the replacement if there is exactly
one, and an error if there are several.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from agentkit.errors import UsageError

if TYPE_CHECKING:
    from agentkit.models.direct.client import DirectClient
    from agentkit.models.sdk.client import SdkClient

Client: TypeAlias = "SdkClient | DirectClient"
"""A client that requests go out with: any async client of the official SDK, or the direct one that we open."""


@dataclass(slots=True, eq=False)
class _Override:
    client: Client
    inner: int = 0
    """The overrides of the same context that are open inside of it, and take its place."""


_of_context: ContextVar[_Override | None] = ContextVar("agentkit_override", default=None)
_open_overrides: list[_Override] = []
"""The overrides of all contexts whose blocks are open."""
_process_wide_clients: list[Client] = []
"""Overrides for the whole process; the last one counts."""
_lock = threading.Lock()
"""Held while an override is opened or closed."""


@contextmanager
def override_client(client: Client) -> Generator[None]:
    """Use this client for every agent that runs inside the block, in whatever task or thread."""
    outer, own = _of_context.get(), _Override(client)
    with _lock:
        _open_overrides.append(own)
        if outer is not None:
            outer.inner += 1
    token = _of_context.set(own)
    try:
        yield
    finally:
        _of_context.reset(token)
        with _lock:
            _open_overrides.remove(own)
            if outer is not None:
                outer.inner -= 1


@contextmanager
def override_client_everywhere(client: Client) -> Generator[None]:
    """Use this client for every agent of the process inside the block, in whatever task or thread it runs.

    For test fixtures, whose context is not always the test's. An override of the current context takes precedence.
    """
    _process_wide_clients.append(client)
    try:
        yield
    finally:
        _process_wide_clients.remove(client)


def overriding_client() -> Client | None:
    """Return the client that replaces every other one here. None: none does.

    Raises:
        UsageError: Several scripts are active in the process, and the running code was started in none of them.
    """
    if (own := _of_context.get()) is not None:
        return own.client
    if _process_wide_clients:
        return _process_wide_clients[-1]
    if not _open_overrides:
        return None
    with _lock:
        active = [override.client for override in _open_overrides if not override.inner]
    if len(active) > 1:
        raise UsageError(
            f"{len(active)} scripts are active, and this run was started in the context of none of them: start its "
            "thread's work with `contextvars.copy_context().run` inside the `with script(...)` that is to answer it."
        )
    return active[0] if active else None
