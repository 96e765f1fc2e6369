"""The retry policy for model calls: decides if a failed call is made again, and after how long.

It is the only retry layer: the SDK's own retries are switched off.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError
from agentkit.schema.validation.unknown_options import refuse_unknown_fields

if TYPE_CHECKING:
    from agentkit.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The retry policy of an agent's model calls: exponential backoff with full jitter, within limits.

    What may succeed later (429, 5xx, 529, a connection that breaks or falls silent) is tried again after a random
    part of a growing wait ("full jitter", Brooker, AWS Architecture Blog, 2015), or after the server's `retry-after`.
    What cannot succeed unchanged (400, 401, 403, 404) is never sent again as it was.

    Raises:
        DefinitionError: A limit is negative, or `max_attempts` is below 1.
    """

    max_attempts: int = 6
    """Requests for one model call, the first included."""
    max_seconds: float = 300
    """Seconds after the first failure within which another attempt may begin."""
    first_wait_s: float = 0.5
    """Seconds to wait at the most after the first failure; doubles with each further one."""
    longest_wait_s: float = 30
    """Seconds to wait at the most where the server sends no `retry-after`."""
    idle_timeout_s: float = 60
    """Seconds without a byte, pings included, after which a connection is given up."""
    total_timeout_s: float = 1_800
    """Seconds that one reply may take from its first event to its last, even while bytes keep arriving."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value: object = getattr(self, name)
            if not isinstance(value, int | float) or not value >= (1 if name == "max_attempts" else 0):
                raise DefinitionError(f"Retry({name}={value!r}): it has to be a number above 0.")

    def wait_s(
        self,
        error: ModelError,
        failures: int,
        seconds_left: float,
        random_fraction: Callable[[], float] = random.random,
    ) -> float | None:
        """Return the seconds to wait before the next attempt. None: the call is given up.

        Args:
            error: The failure of the last attempt.
            failures: The number of attempts that failed so far, that one included.
            seconds_left: Seconds left for the call. A wait that does not fit, `retry-after` included, gives it up.
            random_fraction: Returns the jitter, a number from 0 to 1.
        """
        if not error.is_retryable or failures >= self.max_attempts:
            return None
        growing = min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(failures - 1, 64)) * random_fraction()
        wait = max(growing, error.retry_after_s or 0.0)
        return wait if wait < seconds_left else None


refuse_unknown_fields(Retry, "Retry(...)")
