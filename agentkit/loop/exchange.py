"""One question to the model and what came of it, as values that cross the seam."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from agentkit.budget.charges import Charge, cost_of_all, usage_of
from agentkit.budget.usage import Cost, Usage
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.messages.request import Request
from agentkit.messages.server_threads import Thread
from agentkit.models.stream_accumulator import OnCall


@dataclass(slots=True)
class Meter:
    """What one model call used, the attempts that came to nothing included."""

    charges: list[Charge] = field(default_factory=list[Charge])

    def add(self, charge: Charge) -> None:
        """Count a request."""
        self.charges.append(charge)


@dataclass(frozen=True, slots=True)
class Asked:
    """A whole turn and what it took."""

    turn: AssistantTurn
    max_tokens: int
    """What the reply was given."""
    charges: tuple[Charge, ...]
    thread: Thread | None = None
    """The thread that the server has answered in. None: it does not hold what was said."""

    @property
    def usage(self) -> Usage:
        """The tokens that it took, attempts that came to nothing included."""
        return usage_of(self.charges)

    @property
    def cost(self) -> Cost:
        """Their price."""
        return cost_of_all(self.charges)

    def to_json(self) -> JSONObject:
        """As JSON, to cross the seam."""
        charges = [charge.to_json() for charge in self.charges]
        thread = None if self.thread is None else asdict(self.thread)
        return {"turn": self.turn.to_json(), "max_tokens": self.max_tokens, "charges": charges, "thread": thread}

    @classmethod
    def from_json(cls, value: JSONObject) -> Asked:
        """The inverse of `to_json`."""
        turn = AssistantTurn.from_json(value["turn"])
        thread = Thread(**value["thread"]) if value["thread"] else None
        return cls(turn, value["max_tokens"], tuple(map(Charge.from_json, value["charges"])), thread)


@dataclass(frozen=True, slots=True)
class Question:
    """A request and what is known of it."""

    request: Request
    turn: int
    known_tokens: int = 0
    """What the server counted for the first `known_messages` messages and all before them."""
    known_messages: int = 0
    least_tokens: int = 1
    """The `max_tokens` below which it is not worth sending."""
    needs_landing: bool = False
    """Whether something has to be set aside for the call in which the run gives its best answer."""
    on_call: OnCall | None = None
    """Told of the tool calls of a reply that is still coming."""
