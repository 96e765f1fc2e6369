"""When a model call that failed is made again, and after how long: the only retry layer there is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError

if TYPE_CHECKING:
    from agentkit.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How patient the model calls of an agent are. Raises DefinitionError for a limit that makes no sense.

    What may succeed later (429, 5xx, 529, a connection that breaks or falls silent) is tried again after a random
    part of a growing wait ("full jitter", Brooker, AWS Architecture Blog, 2015), or when the server says. What cannot
    succeed unchanged (400, 401, 403, 404) is never sent again as it was.
    """

    max_attempts: int = 6
    """Requests for one model call, the first included."""
    max_seconds: float = 300
    """How long after the first failure another attempt may begin."""
    first_wait_s: float = 0.5
    """The most that is waited after the first failure; it doubles with each further one."""
    longest_wait_s: float = 30
    """The most that is waited where the server does not say how long."""
    idle_timeout_s: float = 60
    """Seconds without a byte, pings included, after which a connection is given up."""
    total_timeout_s: float = 1_800
    """Seconds that one reply may take from its first event to its last, however it drips."""

    def __post_init__(self) -> None:
        wrong = [name for name in self.__slots__ if not getattr(self, name) >= (1 if name == "max_attempts" else 0)]
        if wrong:
            raise DefinitionError(f"Retry({wrong[0]}={getattr(self, wrong[0])!r}): it has to be a number above 0.")

    def wait_s(
        self,
        error: ModelError,
        failures: int,
        seconds_left: float,
        chance: Callable[[], float] = random.random,
    ) -> float | None:
        """How long to wait after the so-many-th failure. None: the call is given up.

        A server that asks for a longer wait than there are seconds left is not waited for.
        """
        if not error.is_retryable or failures >= self.max_attempts:
            return None
        growing = min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(failures - 1, 64)) * chance()
        wait = max(growing, error.retry_after_s or 0.0)
        return wait if wait < seconds_left else None
