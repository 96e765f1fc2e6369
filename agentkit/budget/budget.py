"""Budgets: the limits of a run, an agent, a delegation or a block of code, and the amounts counted against them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from agentkit.budget.usage import Cost, Usage
from agentkit.errors import DefinitionError
from agentkit.schema.validation.unknown_options import refuse_unknown_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits for everything below: give one to a run, to an agent (for each run of it), or to a delegation.

    The most that a call could use is reserved before it is made and settled after it, so that what the server reports
    never exceeds a limit. A call that does not fit is not made: the model is asked for its best answer in a final turn,
    for which a reserve was kept, and the outcome is `budget_exhausted`.

    A limit of 0 or below leaves nothing to spend: every run ends with that outcome, and nothing is sent.

    Raises:
        DefinitionError: A limit is not a number.
    """

    max_cost_usd: float | None = None
    """US dollars. None: no limit. Every model below must have a known price, see `Agent(price=)`."""
    max_input_tokens: int | None = None
    """Prompt tokens, those read from and written to the cache included. None: no limit."""
    max_output_tokens: int | None = None
    """Tokens of replies, thinking included. None: no limit."""
    max_requests: int | None = None
    """Requests that are sent, those that fail included. None: no limit."""
    max_seconds: float | None = None
    """Seconds from the start. Whatever runs then is stopped, and what is done is returned. None: no limit."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and value < math.inf
            if value is not None and not is_number:
                raise DefinitionError(f"Budget({limit.name}={value!r}): a limit is a number; None is no limit.")

    def __str__(self) -> str:
        limits = {limit.name: getattr(self, limit.name) for limit in fields(self)}
        given = [f"{name}={limit_text(value)}" for name, value in limits.items() if value is not None]
        return f"Budget({', '.join(given)})"

    def to_amount(self) -> Amount:
        """Return the limits as an amount; what is not limited is infinite."""
        limits = (self.max_cost_usd, self.max_input_tokens, self.max_output_tokens, self.max_requests)
        return Amount(*(math.inf if limit is None else limit for limit in limits))


refuse_unknown_fields(Budget, "Budget(...)")


def limit_text(limit: object) -> str:
    """Return a limit as it is written in a program."""
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


@dataclass(slots=True, unsafe_hash=True)
class Amount:
    """An amount that is used, reserved or left: money, tokens, requests. A float, since limits may be infinite.

    Nobody changes one. It is not frozen because that makes it seven times as slow to make, and a turn makes dozens.
    """

    cost_usd: float = 0.0
    input_tokens: float = 0
    output_tokens: float = 0
    requests: float = 0

    @classmethod
    def from_usage(cls, usage: Usage, cost: Cost) -> Amount:
        """Return what a reply used. An unknown cost counts as 0: where the cost is limited, prices are known."""
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

    def fits_share_of(self, free: Amount, runs: int, beside: Amount) -> bool:
        """Return True if it fits, `beside` another one, into the share that each of so many runs has of it."""
        shares = max(1, runs)
        return (
            (self.cost_usd + beside.cost_usd) * shares <= free.cost_usd
            and (self.input_tokens + beside.input_tokens) * shares <= free.input_tokens
            and (self.output_tokens + beside.output_tokens) * shares <= free.output_tokens
            and (self.requests + beside.requests) * shares <= free.requests
        )

    def times(self, count: float) -> Amount:
        """Return this amount times `count`."""
        return Amount(
            self.cost_usd * count, self.input_tokens * count, self.output_tokens * count, self.requests * count
        )


NO_AMOUNT = Amount()


@dataclass(slots=True, unsafe_hash=True)
class Need:
    """An upper bound of what calls can use, as a linear function of the `max_tokens` of the next request.

    Nobody changes one, see `Amount`.
    """

    fixed: Amount = NO_AMOUNT
    usd_per_token: float = 0.0
    """US dollars for each token that the reply may have, added to `fixed`."""
    input_per_token: float = 0
    """Input tokens for each of them: it stands in the prompts that follow."""
    output_per_token: float = 0
    """Output tokens for each of them: 1, or more where the server may ask several models."""

    def __add__(self, other: Need) -> Need:
        return Need(
            self.fixed + other.fixed,
            self.usd_per_token + other.usd_per_token,
            self.input_per_token + other.input_per_token,
            self.output_per_token + other.output_per_token,
        )

    def amount_at(self, max_tokens: int, later: Need | None = None) -> Amount:
        """Return the amount for a request with this `max_tokens`, and that by which it makes a `later` need grow."""
        fixed, usd, inputs, outputs = self.fixed, self.usd_per_token, self.input_per_token, self.output_per_token
        if later is not None:
            usd += later.usd_per_token
            inputs += later.input_per_token
            outputs += later.output_per_token
        return Amount(
            fixed.cost_usd + usd * max_tokens,
            fixed.input_tokens + inputs * max_tokens,
            fixed.output_tokens + outputs * max_tokens,
            fixed.requests,
        )

    def exceeds_by_prompt(self, free: Amount, max_tokens: int) -> bool:
        """Return True if it is the prompt that does not fit into what is available, so that a smaller one might."""
        missing = self.amount_at(max_tokens) - free
        is_prompt_only = missing.requests <= 0 and missing.output_tokens <= 0
        usd, inputs = self.usd_per_token * max_tokens, self.input_per_token * max_tokens
        return is_prompt_only and usd < free.cost_usd and inputs < free.input_tokens

    def max_tokens_within(self, free: Amount) -> float:
        """Return the largest `max_tokens` that fits into what is available; below 0 when nothing does."""
        return self.fair_max_tokens(free, 1) if self.fixed.fits_share_of(free, 1, beside=NO_AMOUNT) else -1

    def fair_max_tokens(self, free: Amount, runs: int) -> float:
        """Return the largest `max_tokens` that leaves each of so many runs an equal share of what is available."""
        fixed, most = self.fixed, math.inf
        for left, needed, per_token in (
            (free.cost_usd, fixed.cost_usd, self.usd_per_token),
            (free.input_tokens, fixed.input_tokens, self.input_per_token),
            (free.output_tokens, fixed.output_tokens, self.output_per_token),
        ):
            if per_token and left < math.inf:
                most = min(most, (left / max(1, runs) - needed) / per_token)
        return most


NO_NEED = Need()
