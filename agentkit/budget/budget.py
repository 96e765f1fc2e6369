"""What a run, an agent, a delegation or a block of code may use; and the amounts that are counted against it."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, fields

from agentkit.budget.usage import Cost, Usage
from agentkit.errors import DefinitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits that hold for everything below: give one to a run, to an agent (each run of it), or to a delegation.

    The most that a call could use is reserved before it is made and settled after it, so that what the server reports
    never exceeds a limit. A call that does not fit is not made: the model is told to give its best answer with what
    was set aside for that, and the outcome is `budget_exhausted`. Raises DefinitionError for a limit that is not above
    zero.
    """

    max_cost_usd: float | None = None
    """US dollars. None: no limit. Needs a known price of every model below: see `Agent(price=)`."""
    max_input_tokens: int | None = None
    """Prompt tokens, those read from and written to the cache included. None: no limit."""
    max_output_tokens: int | None = None
    """Tokens of replies, thinking included. None: no limit."""
    max_requests: int | None = None
    """Requests that are sent, those that fail included. None: no limit."""
    max_seconds: float | None = None
    """Seconds from the start. What is running then is stopped, and what was done is returned. None: no limit."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if value is not None and not 0 < value < math.inf:
                raise DefinitionError(f"Budget({limit.name}={value!r}): a limit is a number above 0; None is no limit.")

    def __str__(self) -> str:
        given = [f"{limit.name}={getattr(self, limit.name):g}" for limit in fields(self) if getattr(self, limit.name)]
        return f"Budget({', '.join(given)})"

    def limit(self) -> Amount:
        """The limits as an amount; what is not limited is infinite."""
        limits = (self.max_cost_usd, self.max_input_tokens, self.max_output_tokens, self.max_requests)
        return Amount(*(math.inf if limit is None else limit for limit in limits))


@dataclass(frozen=True, slots=True)
class Amount:
    """What is used, reserved or left: money, tokens, requests."""

    cost_usd: float = 0.0
    input_tokens: float = 0
    output_tokens: float = 0
    requests: float = 0

    @classmethod
    def of(cls, usage: Usage, cost: Cost) -> Amount:
        """What a reply used. An unknown cost counts as nothing: where money is limited, prices are known."""
        requests = usage.requests + usage.aborted_requests
        return cls(cost.usd or 0.0, usage.prompt_tokens, usage.output_tokens, requests)

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.cost_usd + other.cost_usd,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.requests + other.requests,
        )

    def __sub__(self, other: Amount) -> Amount:
        return Amount(
            self.cost_usd - other.cost_usd,
            self.input_tokens - other.input_tokens,
            self.output_tokens - other.output_tokens,
            self.requests - other.requests,
        )

    def times(self, count: float) -> Amount:
        """So many times this amount."""
        return Amount(
            self.cost_usd * count, self.input_tokens * count, self.output_tokens * count, self.requests * count
        )


_parts = operator.attrgetter(*Amount.__slots__)


@dataclass(frozen=True, slots=True)
class Need:
    """The most that something can use, as it depends on the `max_tokens` of the next request."""

    fixed: Amount = Amount()
    per_token: Amount = Amount()
    """More for each token that the reply may have."""

    def __add__(self, other: Need) -> Need:
        return Need(self.fixed + other.fixed, self.per_token + other.per_token)

    def at(self, max_tokens: int) -> Amount:
        """The amount for a request with this limit."""
        return self.fixed + self.per_token.times(max_tokens)

    def most_tokens(self, free: Amount) -> float:
        """The largest `max_tokens` that fits into what is free; below 0 when nothing does."""
        most = math.inf
        for left, fixed, per_token in zip(_parts(free), _parts(self.fixed), _parts(self.per_token), strict=True):
            if left < fixed:
                return -1
            if per_token and left < math.inf:
                most = min(most, (left - fixed) / per_token)
        return most

    def fair_tokens(self, free: Amount, runs: int) -> float:
        """The largest `max_tokens` with which each of so many runs finds as much of what is free."""
        most = math.inf
        for left, fixed, per_token in zip(_parts(free), _parts(self.fixed), _parts(self.per_token), strict=True):
            if per_token and left < math.inf:
                most = min(most, (left / max(1, runs) - fixed) / per_token)
        return most
