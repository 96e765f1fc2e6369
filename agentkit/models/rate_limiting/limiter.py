"""The rate limiter of model requests: one for each client and model, shared by all runs that use them.

The number of requests in flight grows additively and shrinks multiplicatively (AIMD), as in TCP congestion control:
nothing is slowed until the server refuses. The limits per minute that its headers report are counted in token buckets.
Requests that have to wait are admitted fairly: the runs take turns, however many requests one of them has.

Two rules for this file: there is no lock and no task, so everything between two awaits is atomic; and every permit is
released, whichever task is cancelled at whatever moment.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType

import anyio
from anyio.lowlevel import RunVar, checkpoint_if_cancelled

from agentkit.models.rate_limiting.cache_warmup import CacheWarmup
from agentkit.models.rate_limiting.fair_queue import FairQueue, goes_first
from agentkit.models.rate_limiting.headers import INPUT_TOKENS, LIMIT_NAMES, OUTPUT_TOKENS, REQUESTS, parse_rate_limit
from agentkit.models.rate_limiting.token_buckets import TokenBucket

INITIAL_CONCURRENCY = 1000.0
"""Requests in flight before the server has refused any: as many as the SDK's client has connections."""
MIN_CONCURRENCY = 1.0
"""However often the server refuses, one request may be in flight."""
INCREASE_PER_ROUND = 4.0
"""Growth of the concurrency when as many requests have succeeded as it allows (a round). TCP grows by one, but a round
takes seconds here, not milliseconds: by one, the recovery from a bad minute would take many minutes."""
DECREASE_FACTOR = 0.5
"""The factor by which the concurrency shrinks when the server is overloaded."""
MAX_LIMIT_WAIT_S = 60.0
"""Seconds after which a request that waits for a reported limit is sent anyway: the limits are per minute, so by then
the headers, or our count, are wrong."""
AVERAGE_REPLY_DECAY = 0.9
"""The weight of the earlier replies in the moving average of output tokens."""
_MIN_WAIT_S = 1e-6
"""A shorter wait counts as none: it may be a rounding error, and the clock may not even advance in it."""

_rate_limiters: RunVar[dict[int, tuple[weakref.ref[object], dict[str, RateLimiter]]]] = RunVar("agentkit_rate_limiters")


def rate_limiter_of(client: object, model: str) -> RateLimiter:
    """Return the rate limiter of a client and a model in this event loop; created on first use.

    Clients are compared by identity and not kept alive. Pass the client that the runs share: each call of its
    `with_options` returns another one.
    """
    rate_limiters = _rate_limiters.get(None)
    if rate_limiters is None:
        _rate_limiters.set(rate_limiters := {})
    key = id(client)
    if key not in rate_limiters:
        rate_limiters[key] = weakref.ref(client, lambda _: rate_limiters.pop(key, None)), {}
    _, by_model = rate_limiters[key]
    if model not in by_model:
        by_model[model] = RateLimiter()
    return by_model[model]


class RateLimiter:
    """Admits requests to one model of one client, as many at once as the server takes."""

    def __init__(self) -> None:
        self.cache_warmup = CacheWarmup()
        """The prefixes in the prompt cache, and those that a request is writing to it."""
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._buckets = {name: TokenBucket() for name in LIMIT_NAMES}
        self._concurrency = INITIAL_CONCURRENCY
        self._in_flight = 0
        self._admitted_count = 0
        self._admitted_at_decrease = 0
        """Requests up to this number were sent before the concurrency shrank; their refusals do not shrink it again."""
        self._admitted_at_last_report = 0
        """Headers of later requests than this one are newer than the last report; of others the order is unknown."""
        self._paused_until = -math.inf
        self._blocked_since: float | None = None
        """The time since when only the buckets hold back the first in the queue. None: they do not."""
        self._average_output_tokens = 0.0

    @property
    def concurrency(self) -> int:
        """The number of requests that may be in flight now."""
        return int(self._concurrency)

    @property
    def in_flight(self) -> int:
        """The number of requests in flight; more than `concurrency` for a while after it shrank."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """The number of requests in the queue."""
        return len(self._queue)

    async def admit(self, sender: str, input_tokens: int) -> Permit:
        """Wait until one request may be sent: `with await rate_limiter.admit(run_id, tokens) as permit:`.

        May be cancelled at any moment.

        Args:
            sender: The id of the run. Senders take turns, and the requests of each one are admitted in order.
            input_tokens: The estimated length of the prompt, without what is read from the cache.
        """
        await checkpoint_if_cancelled()
        if not self._queue and self._wait_s(input_tokens, anyio.current_time()) <= _MIN_WAIT_S:
            return self._new_permit(input_tokens)
        waiter = _Waiter(input_tokens)
        (self._queue.add_first if goes_first.get() else self._queue.add)(sender, waiter)
        try:
            self._admit_waiting()
            while waiter.permit is None:
                waiter.is_admitted = anyio.Event()
                with anyio.CancelScope(deadline=waiter.wakes_at) as waiter.scope:
                    await waiter.is_admitted.wait()
                waiter.scope = None
                self._admit_waiting()
        except BaseException:  # cancelled, perhaps with the permit already given
            if waiter.permit is None:
                self._queue.remove(sender, waiter)
                self._admit_waiting()
            else:
                waiter.permit.release()
            raise
        return waiter.permit

    def _admit_waiting(self) -> None:
        """Admit all requests that may be sent now, and set the wake-up time of the first one that may not."""
        if not self._queue:
            return
        now = anyio.current_time()
        while (waiter := self._queue.first()) is not None:
            wait_s = self._wait_s(waiter.input_tokens, now)
            if wait_s > _MIN_WAIT_S:
                waiter.wake_at(now + wait_s)
                return
            self._queue.pop()
            waiter.admit(self._new_permit(waiter.input_tokens))

    def _new_permit(self, input_tokens: int) -> Permit:
        self._blocked_since = None
        self._in_flight += 1
        self._admitted_count += 1
        return Permit(self, self._admitted_count, self._in_flight, self._reserve_in_buckets(input_tokens))

    def _wait_s(self, input_tokens: int, now: float) -> float:
        """Return the seconds that the first in the queue has to wait; infinite: until a request in flight ends."""
        if self._in_flight >= self.concurrency:
            return math.inf
        pause_s = self._paused_until - now
        needs = {REQUESTS: 1, INPUT_TOKENS: input_tokens, OUTPUT_TOKENS: max(1.0, self._average_output_tokens)}
        refill_s = max([self._buckets[name].wait_s(amount, now) for name, amount in needs.items()])
        if refill_s <= _MIN_WAIT_S:
            self._blocked_since = None
        else:
            self._blocked_since = now if self._blocked_since is None else self._blocked_since
            refill_s = min(refill_s, self._blocked_since + MAX_LIMIT_WAIT_S - now)
        return max(pause_s, refill_s)

    def _reserve_in_buckets(self, input_tokens: int) -> dict[str, float]:
        reserved = {REQUESTS: 1.0, INPUT_TOKENS: float(input_tokens), OUTPUT_TOKENS: self._average_output_tokens}
        for name, amount in reserved.items():
            self._buckets[name].reserve(amount)
        return reserved

    # The methods below are called by permits.

    def record_headers(self, number: int, headers: Mapping[str, str], reserved: dict[str, float]) -> None:
        """Record the headers of a response, by when the server has counted the request, but not its reply's tokens."""
        now, clock = anyio.current_time(), datetime.now(UTC)
        is_newest = number > self._admitted_at_last_report
        has_report = False
        for name, bucket in self._buckets.items():
            reported = parse_rate_limit(name, headers, clock) if headers else None
            if name != OUTPUT_TOKENS:
                amount = reserved.pop(name, 0.0)
                bucket.settle(amount, 0.0 if reported else amount)
            if reported is not None:
                bucket.apply_reported_limit(reported, now, is_newest=is_newest)
                has_report = True
        if is_newest and has_report:
            self._admitted_at_last_report = self._admitted_count
        self._admit_waiting()

    def record_success(self, number: int, output_tokens: int, reserved: dict[str, float]) -> None:
        """Record that the request with this number succeeded: count its reply, and let the concurrency grow."""
        self._buckets[OUTPUT_TOKENS].settle(reserved.pop(OUTPUT_TOKENS, 0.0), output_tokens)
        if output_tokens > 0:
            kept = AVERAGE_REPLY_DECAY if self._average_output_tokens else 0.0
            self._average_output_tokens = kept * self._average_output_tokens + (1 - kept) * output_tokens
        is_used = self._in_flight >= self._concurrency / 2  # a concurrency that is not used has not been tested
        if is_used and number > self._admitted_at_decrease:
            self._concurrency += INCREASE_PER_ROUND / self._concurrency

    def record_overload(self, number: int, were_in_flight: int, retry_after_s: float | None) -> None:
        """Record that the server refused the request with this number as too many: pause, and halve the concurrency."""
        if retry_after_s is not None:
            self._paused_until = max(self._paused_until, anyio.current_time() + retry_after_s)
        if number > self._admitted_at_decrease:
            were_too_many = max(were_in_flight, self._in_flight)
            self._concurrency = max(MIN_CONCURRENCY, min(self._concurrency, were_too_many) * DECREASE_FACTOR)
            self._admitted_at_decrease = self._admitted_count

    def release_permit(self, reserved: dict[str, float]) -> None:
        """Record the end of a request: settle what it has reserved in the buckets, and admit others."""
        for name, amount in reserved.items():
            # The prompt was sent in any case, but nothing is known of a reply that never came.
            self._buckets[name].settle(amount, 0.0 if name == OUTPUT_TOKENS else amount)
        reserved.clear()
        self._in_flight -= 1
        self._admit_waiting()


class Permit:
    """The permission to send one request. A context manager that releases it on exit. Use it once."""

    __slots__ = ("_is_over", "_rate_limiter", "_request_number", "_reserved", "_were_in_flight")

    def __init__(self, rate_limiter: RateLimiter, number: int, were_in_flight: int, reserved: dict[str, float]) -> None:
        self._rate_limiter = rate_limiter
        self._request_number = number
        self._were_in_flight = were_in_flight
        self._reserved = reserved
        """Amounts that the request has reserved in each bucket and that the server has not counted yet."""
        self._is_over = False

    def record_headers(self, headers: Mapping[str, str]) -> None:
        """Record the rate limits that the headers of a response report, those of a refusal too.

        Names must be in lower case, unless the mapping ignores case. Whatever the values, no request waits longer than
        MAX_LIMIT_WAIT_S because of them. `retry-after` is ignored here: it is passed to `record_overload`.
        """
        self._rate_limiter.record_headers(self._request_number, headers, self._reserved)

    def record_success(self, output_tokens: int = 0) -> None:
        """Record that the reply came, with its output tokens; 0 where they are unknown."""
        self._rate_limiter.record_success(self._request_number, output_tokens, self._reserved)

    def record_overload(self, retry_after_s: float | None) -> None:
        """Record a 429 or 529: the concurrency is halved, once for all requests that were in flight together.

        Args:
            retry_after_s: Seconds in which nothing is admitted; the caller has bounded them. None: no pause.
        """
        self._rate_limiter.record_overload(self._request_number, self._were_in_flight, retry_after_s)

    def release(self) -> None:
        """Release the permit. Idempotent."""
        if not self._is_over:
            self._is_over = True
            self._rate_limiter.release_permit(self._reserved)

    def __enter__(self) -> Permit:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class _Waiter:
    """A request in the queue."""

    __slots__ = ("input_tokens", "is_admitted", "permit", "scope", "wakes_at")

    def __init__(self, input_tokens: int) -> None:
        self.input_tokens = input_tokens
        self.is_admitted: anyio.Event | None = None
        """Set when the request is admitted. None: it has not had to wait yet."""
        self.permit: Permit | None = None
        self.scope: anyio.CancelScope | None = None
        """The cancel scope in which it waits. None: it is not waiting."""
        self.wakes_at = math.inf
        """The time at which it may be admitted without any other event."""

    def wake_at(self, moment: float) -> None:
        """Set the time at which it wakes up by itself."""
        self.wakes_at = moment
        if self.scope is not None:
            self.scope.deadline = moment

    def admit(self, permit: Permit) -> None:
        """Hand over the permit and wake the waiting task."""
        self.permit = permit
        if self.is_admitted is not None:
            self.is_admitted.set()
