"""The result of a cascade for one item: the attempts of its levels, and the answer that was accepted, if any."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from typing_extensions import TypeVar

from agentkit.budget.usage import Cost
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.run.result import RunResult

Out_co = TypeVar("Out_co", default=str, covariant=True)

_SAYS_NOTHING = (Outcome.BUDGET_EXHAUSTED, Outcome.CANCELLED, Outcome.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Generic[Out_co]):
    """The attempt of one level at one item."""

    level: str
    """The name of the level: its model, with the effort where levels differ by it."""
    answer: Out_co | None
    """Its answer. None: it gave none."""
    accepted: bool
    """True if every check has said yes."""
    reason: str = ""
    """The reason why it was not accepted. Empty: it was."""
    gap: str = ""
    """The check that gave no verdict, and why: the answer counts as not accepted. Empty: all did."""
    outcome: Outcome
    """The outcome of the run; of several, that of the one whose answer it is, or of the last."""
    cost: Cost = field(default_factory=Cost)
    """The price of its answers."""
    check_cost: Cost = field(default_factory=Cost)
    """The price of the checks."""
    seconds: float = 0.0
    """Seconds that it took, with the checks."""
    check_seconds: float = 0.0
    """Seconds of the checks."""
    results: tuple[RunResult[Out_co], ...] = field(default=(), repr=False)
    """Its runs: one, or as many as Agreement asked for."""

    @property
    def total_cost(self) -> Cost:
        """The price of its answers and of the checks."""
        return self.cost + self.check_cost

    @property
    def is_estimated(self) -> bool:
        """True if a part of the price is our estimate, since a reply broke off, or the process died before it came."""
        return self.total_cost.estimated_usd > 0

    @property
    def is_cut_off(self) -> bool:
        """True if a budget was used up, it was cancelled or is paused, which says nothing about the level."""
        return not self.accepted and self.outcome in _SAYS_NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeResult(Generic[Out_co]):
    """The result of a cascade for one item."""

    attempts: tuple[Attempt[Out_co], ...]
    """The attempts, the cheapest level first."""
    index: int = 0
    """The item's place in what was given, from 0."""
    error: str = ""
    """The reason why the item could not be tried any further: a mistake of the program. Empty: there was none."""

    @property
    def solved(self) -> bool:
        """True if an answer was accepted."""
        return bool(self.attempts) and self.attempts[-1].accepted

    @property
    def ok(self) -> bool:
        """The same as `solved`."""
        return self.solved

    @property
    def answer(self) -> Out_co | None:
        """The accepted answer. None: there is none; `best` may have one that was not accepted."""
        return self.attempts[-1].answer if self.solved else None

    @property
    def level(self) -> str | None:
        """The level that solved it. None: none did."""
        return self.attempts[-1].level if self.solved else None

    @property
    def best(self) -> Attempt[Out_co] | None:
        """The accepted attempt, or else that of the strongest level with an answer. None: no level has answered."""
        return next((one for one in reversed(self.attempts) if one.answer is not None), None)

    @property
    def reason(self) -> str:
        """The reason why it is not solved. Empty: it is."""
        if self.solved:
            return ""
        return self.error or (self.attempts[-1].reason if self.attempts else "No level was tried.")

    @property
    def gaps(self) -> tuple[str, ...]:
        """The checks that gave no verdict, each with its level."""
        return tuple(f"{one.level}: {one.gap}" for one in self.attempts if one.gap)

    @property
    def is_cut_off(self) -> bool:
        """True if it is not solved because a budget was used up, or because it was cancelled."""
        return bool(self.attempts) and self.attempts[-1].is_cut_off

    @property
    def is_partial(self) -> bool:
        """True if a budget or an error ended it after something was sent. To leave such items out favours easy ones."""
        return (self.is_cut_off or bool(self.error)) and any(
            not one.is_cut_off or any(result.usage.requests for result in one.results) for one in self.attempts
        )

    @property
    def is_estimated(self) -> bool:
        """True if a part of the price is our estimate: it says nothing about the levels, nor do the seconds."""
        return any(one.is_estimated for one in self.attempts)

    @property
    def cost(self) -> Cost:
        """The price of all attempts, with their checks."""
        return sum((one.total_cost for one in self.attempts), Cost())

    @property
    def seconds(self) -> float:
        """Seconds of all attempts."""
        return sum(one.seconds for one in self.attempts)

    def __str__(self) -> str:
        """Return the answer or the reason, and below it the attempts."""
        head = str(self.answer) if self.solved else f"Not solved. {self.reason}"
        lines = [
            f"{one.level}: {'accepted' if one.accepted else one.reason} ({one.total_cost}, {one.seconds:.1f} s)"
            for one in self.attempts
        ]
        return "\n".join([head, "", *lines])
