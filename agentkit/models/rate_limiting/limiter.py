"""How much is asked of a model at once: one governor for each client and model, over all runs that share them.

How many requests are in flight grows by addition and falls by halves, as congestion control does it: nothing is slowed
until the server complains. What it tells in headers of its limits a minute is kept in buckets. Whoever has to wait
waits fairly: the runs take turns, however many requests one of them has.

Two rules for this file: there is no lock and no task, so nothing happens between two awaits but in one piece; and a
place that was given is given back, whoever is cancelled, whenever.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType

import anyio
from anyio.lowlevel import RunVar, checkpoint_if_cancelled

from agentkit.models.rate_limiting.cache_warmup import Warmth
from agentkit.models.rate_limiting.fair_queue import FairQueue
from agentkit.models.rate_limiting.token_buckets import (
    INPUT_TOKENS,
    LIMIT_NAMES,
    OUTPUT_TOKENS,
    REQUESTS,
    Bucket,
    told_limit,
)

FIRST_CONCURRENCY = 1000.0
"""Requests at once before the server has said anything: as many as the SDK's client has connections."""
LEAST_CONCURRENCY = 1.0
"""However often the server complains, one request may try."""
GROWTH_PER_ROUND = 4.0
"""By how much the concurrency grows when as many requests succeeded as it allows. A round takes seconds here, not
milliseconds as on a network: by one, coming back from a bad minute would take many."""
FALL_FACTOR = 0.5
"""What is left of the concurrency when the server complains."""
LONGEST_PAUSE_S = 60.0
"""After so long a wait for a limit told in headers a request tries anyway: the limits are by the minute, so by then the
headers, or what we made of them, are wrong."""
USUAL_REPLY_MEMORY = 0.9
"""How much of what replies usually count for is kept when one more is known."""
_TICK_S = 1e-6
"""A wait that is shorter is none: it may be what is lost in rounding, and the clock may not even move in it."""

_governors: RunVar[dict[int, tuple[weakref.ref[object], dict[str, Governor]]]] = RunVar("agentkit_governors")


def governor_of(client: object, model: str) -> Governor:
    """The governor of a client, which is told by identity and not kept alive, and a model in this event loop.

    Give the client that the runs share: what its `with_options` returns is another one.
    """
    governors = _governors.get(None)
    if governors is None:
        _governors.set(governors := {})
    key = id(client)
    if key not in governors:
        governors[key] = weakref.ref(client, lambda _: governors.pop(key, None)), {}
    _, by_model = governors[key]
    if model not in by_model:
        by_model[model] = Governor()
    return by_model[model]


class Governor:
    """Admits requests to one model of one client, one after another or all at once, as the server can take them."""

    def __init__(self) -> None:
        self.warmth = Warmth()
        """What is in the prompt cache, and who goes ahead to write it."""
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._buckets = {name: Bucket() for name in LIMIT_NAMES}
        self._concurrency = FIRST_CONCURRENCY
        self._in_flight = 0
        self._admitted = 0
        self._admitted_when_it_fell = 0
        """Requests up to this one were on their way already; that they are refused too is no news."""
        self._admitted_when_told = 0
        """When the headers of a later request come, they are newer than what was told then; of others nobody knows."""
        self._closed_until = -math.inf
        self._stuck_since: float | None = None
        """Since when the buckets alone keep the first in the queue waiting."""
        self._usual_output = 0.0

    @property
    def concurrency(self) -> int:
        """How many requests may be in flight now."""
        return int(self._concurrency)

    @property
    def in_flight(self) -> int:
        """How many requests are in flight; after a fall that may be more than `concurrency`."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return len(self._queue)

    async def admit(self, sender: str, input_tokens: int) -> Permit:
        """Wait until one request may be sent: `with await governor.admit(run_id, tokens) as permit:`.

        `sender` is the run that asks: senders take turns, and each one's own requests go in their order.
        `input_tokens` is about how long the prompt is, what is read from the cache not counted. May be cancelled at
        any moment.
        """
        await checkpoint_if_cancelled()
        waiter = _Waiter(input_tokens)
        self._queue.add(sender, waiter)
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
                waiter.permit.give_back()
            raise
        return waiter.permit

    def _admit_waiting(self) -> None:
        """Admit all who may go now, and see to it that the first of those who may not wakes up in time."""
        if not self._queue:
            return
        now = anyio.current_time()
        while (waiter := self._queue.first()) is not None:
            wait_s = self._wait_s(waiter.input_tokens, now)
            if wait_s > _TICK_S:
                waiter.wake_at(now + wait_s)
                return
            self._queue.pop()
            self._stuck_since = None
            self._in_flight += 1
            self._admitted += 1
            waiter.admit(Permit(self, self._admitted, self._in_flight, self._taken(waiter.input_tokens)))

    def _wait_s(self, input_tokens: int, now: float) -> float:
        """How long the first in the queue has to wait; infinite: until a request in flight is done."""
        if self._in_flight >= self.concurrency:
            return math.inf
        closed_s = self._closed_until - now
        needs = {REQUESTS: 1, INPUT_TOKENS: input_tokens, OUTPUT_TOKENS: max(1.0, self._usual_output)}
        empty_s = max(self._buckets[name].wait_s(amount, now) for name, amount in needs.items())
        if empty_s <= _TICK_S:
            self._stuck_since = None
        else:
            self._stuck_since = now if self._stuck_since is None else self._stuck_since
            empty_s = min(empty_s, self._stuck_since + LONGEST_PAUSE_S - now)
        return max(closed_s, empty_s)

    def _taken(self, input_tokens: int) -> dict[str, float]:
        taken = {REQUESTS: 1.0, INPUT_TOKENS: float(input_tokens), OUTPUT_TOKENS: self._usual_output}
        for name, amount in taken.items():
            self._buckets[name].take(amount)
        return taken

    # What follows is for permits.

    def learn(self, number: int, headers: Mapping[str, str], taken: dict[str, float]) -> None:
        """The answer to the request with this number has begun; the server has counted it now, but for its reply."""
        now, clock = anyio.current_time(), datetime.now(UTC)
        is_news = number > self._admitted_when_told
        is_told = False
        for name, bucket in self._buckets.items():
            told = told_limit(name, headers, clock) if headers else None
            if name != OUTPUT_TOKENS:
                amount = taken.pop(name, 0.0)
                bucket.settle(amount, 0.0 if told else amount)
            if told is not None:
                bucket.learn(told, now, is_news=is_news)
                is_told = True
        if is_news and is_told:
            self._admitted_when_told = self._admitted
        self._admit_waiting()

    def grow(self, number: int, output_tokens: int, taken: dict[str, float]) -> None:
        """The request with this number has succeeded."""
        self._buckets[OUTPUT_TOKENS].settle(taken.pop(OUTPUT_TOKENS, 0.0), output_tokens)
        if output_tokens > 0:
            kept = USUAL_REPLY_MEMORY if self._usual_output else 0.0
            self._usual_output = kept * self._usual_output + (1 - kept) * output_tokens
        is_used = self._in_flight >= self._concurrency / 2  # what nobody asks for is not known to be good
        if is_used and number > self._admitted_when_it_fell:
            self._concurrency += GROWTH_PER_ROUND / self._concurrency

    def shrink(self, number: int, were_in_flight: int, retry_after_s: float | None) -> None:
        """The request with this number, admitted as one of so many, was refused: the server is overloaded."""
        if retry_after_s is not None:
            self._closed_until = max(self._closed_until, anyio.current_time() + retry_after_s)
        if number > self._admitted_when_it_fell:
            were_too_many = max(were_in_flight, self._in_flight)
            self._concurrency = max(LEAST_CONCURRENCY, min(self._concurrency, were_too_many) * FALL_FACTOR)
            self._admitted_when_it_fell = self._admitted

    def release(self, taken: dict[str, float]) -> None:
        """A request is over, and with it what it has taken and nobody has counted yet."""
        for name, amount in taken.items():
            # Of a reply that never came nothing is known, and the prompt was sent in any case.
            self._buckets[name].settle(amount, 0.0 if name == OUTPUT_TOKENS else amount)
        taken.clear()
        self._in_flight -= 1
        self._admit_waiting()


class Permit:
    """One request that may be sent now. A context manager: leaving it gives the place back. Use it once."""

    __slots__ = ("_governor", "_is_over", "_number", "_taken", "_were_in_flight")

    def __init__(self, governor: Governor, number: int, were_in_flight: int, taken: dict[str, float]) -> None:
        self._governor = governor
        self._number = number
        self._were_in_flight = were_in_flight
        self._taken = taken
        """What the request counts for in each bucket, as long as the server has not counted it."""
        self._is_over = False

    def learn(self, headers: Mapping[str, str]) -> None:
        """Tell what the answer's headers say, those of a refusal too. Names are in lower case, or it does not matter.

        Whatever stands there, nobody waits longer than LONGEST_PAUSE_S because of it. `retry-after` is not read: it
        is for `throttled`, and means nothing beside a reply.
        """
        self._governor.learn(self._number, headers, self._taken)

    def succeeded(self, output_tokens: int = 0) -> None:
        """Tell that the reply came, and how long it was; 0 where nobody knows."""
        self._governor.grow(self._number, output_tokens, self._taken)

    def throttled(self, retry_after_s: float | None) -> None:
        """Tell of a 429 or 529. Nobody is admitted for `retry_after_s` seconds, which the caller has seen to be sane.

        None: no pause. The concurrency falls by half, but not again for those that were on their way by then.
        """
        self._governor.shrink(self._number, self._were_in_flight, retry_after_s)

    def give_back(self) -> None:
        """Give the place back. Doing so twice is doing it once."""
        if not self._is_over:
            self._is_over = True
            self._governor.release(self._taken)

    def __enter__(self) -> Permit:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.give_back()


class _Waiter:
    """A request in the queue."""

    __slots__ = ("input_tokens", "is_admitted", "permit", "scope", "wakes_at")

    def __init__(self, input_tokens: int) -> None:
        self.input_tokens = input_tokens
        self.is_admitted: anyio.Event | None = None
        """Set when it may go. None: it has not had to wait yet."""
        self.permit: Permit | None = None
        self.scope: anyio.CancelScope | None = None
        """In which it waits. None: it is awake."""
        self.wakes_at = math.inf
        """When time alone may let it go."""

    def wake_at(self, moment: float) -> None:
        """Wake up then if nothing happens before."""
        self.wakes_at = moment
        if self.scope is not None:
            self.scope.deadline = moment

    def admit(self, permit: Permit) -> None:
        """Go."""
        self.permit = permit
        if self.is_admitted is not None:
            self.is_admitted.set()
