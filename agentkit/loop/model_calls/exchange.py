"""The values of a model call: the request with what is known about it, the reply or failure, and what calls share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from agentkit.budget.account import Account, OverBudget
from agentkit.budget.budget import Budget
from agentkit.budget.charges import Charge, total_cost, total_usage
from agentkit.budget.prices import Price
from agentkit.budget.usage import Cost, Usage
from agentkit.errors import ModelError
from agentkit.messages.container import Container
from agentkit.messages.message import AssistantTurn, JSONObject, citations_of
from agentkit.messages.request import Request
from agentkit.messages.server_threads import ServerThread
from agentkit.messages.strict_json import may_hold_exact_float, parse_strict
from agentkit.models.stream_accumulator import OnToolCall
from agentkit.run.events import TurnFinished, TurnReset
from agentkit.run.guarded_middleware import ProgramFault

if TYPE_CHECKING:
    from agentkit.budget.run_budget import RunBudget
    from agentkit.models.retry import Retry
    from agentkit.run.scope import EventOrigin, RunScope
    from agentkit.tool_calls.eager import EagerCalls


class GivenUp(Exception):
    """A model call was given up for the note of a guardrail; the call that takes its place has the note."""


CallError: TypeAlias = ModelError | OverBudget | ProgramFault | GivenUp
"""An error that ends a model call, and that the run handles. Any other one is not recorded: it ends the program."""


MODEL_ERROR_FIELDS = ("kind", "code", "status", "request_id", "is_retryable", "retry_after_s")
"""The facts of a ModelError beside its text."""

AnnounceFunction: TypeAlias = Callable[[Sequence[Charge]], Awaitable[None]]
"""Records the most that a request may cost, before it is sent."""


@dataclass(frozen=True, slots=True)
class TurnRetry:
    """An attempt of a model call that failed and was followed by another one."""

    attempt: int
    """The number of the next attempt; 2 is the first retry."""
    reason: str
    """The reason, in a sentence."""
    wait_s: float
    """Seconds until the next attempt."""

    def event(self, origin: EventOrigin, turn_number: int) -> TurnReset:
        """Return the event of this retry, in the run's turn of this number."""
        attempt, reason, wait_s = self.attempt, self.reason, self.wait_s
        return TurnReset(**origin, turn=turn_number, attempt=attempt, reason=reason, wait_s=wait_s)


@dataclass(slots=True)
class ChargeMeter:
    """Collects the charges of one model call, failed attempts included."""

    charges: tuple[Charge, ...] = ()
    announce: AnnounceFunction | None = None
    """Called before each request that a budget covers. None: nothing is recorded."""
    retries: tuple[TurnRetry, ...] = ()
    """The retries so far."""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A complete turn of the model and its charges."""

    turn: AssistantTurn
    max_tokens: int
    """The `max_tokens` of the request."""
    charges: tuple[Charge, ...]
    thread: ServerThread | None = None
    """The thread in which the server holds the conversation. None: it holds none."""
    counts_prompt: bool = True
    """True if the usage of the turn is that of the whole conversation, to which middleware may send less or nothing."""
    is_replayed: bool = False
    """True if an earlier execution of the run has recorded it."""

    @property
    def usage(self) -> Usage:
        """Tokens used, failed attempts included."""
        return total_usage(self.charges)

    @property
    def cost(self) -> Cost:
        """The price of these tokens."""
        return total_cost(self.charges)

    def finished_event(self, origin: EventOrigin, turn_number: int) -> TurnFinished:
        """Return the event of this reply, the run's turn of this number."""
        turn = self.turn
        citations: tuple[JSONObject, ...] = ()
        for block in turn.content:
            if block.get("citations"):
                citations = tuple(citations_of(turn.content))
                break
        return TurnFinished(
            **origin,
            turn=turn_number,
            stop_reason=turn.stop_reason,
            text=turn.text,
            usage=self.usage,
            cost=self.cost,
            stop_sequence=turn.stop_sequence,
            citations=citations,
            container=None if turn.container is None else Container.from_api(turn.container),
            applied_edits=tuple(turn.applied_edits),
        )

    def to_json(self) -> JSONObject:
        """Return the reply as JSON, to be stored as a step result."""
        charges = [charge.to_json() for charge in self.charges]
        thread = None if self.thread is None else asdict(self.thread)
        return {
            "turn": self.turn.to_json(),
            "max_tokens": self.max_tokens,
            "charges": charges,
            "thread": thread,
            "counts_prompt": self.counts_prompt,
        }

    @classmethod
    def from_json(cls, value: JSONObject) -> ModelReply:
        """Restore a reply from `to_json`."""
        turn = _with_exact_inputs(AssistantTurn.from_json(value["turn"]))
        thread = ServerThread(**value["thread"]) if value["thread"] else None
        charges = tuple(map(Charge.from_json, value["charges"]))
        return cls(turn, value["max_tokens"], charges, thread, value.get("counts_prompt", False))


def _with_exact_inputs(turn: AssistantTurn) -> AssistantTurn:
    """Return a turn with all digits of the numbers in its tool inputs, which JSON data has as floats."""
    exact = {i: parse_strict(text) for i, text in turn.input_texts.items() if may_hold_exact_float(text)}
    content = [{**block, "input": exact[i]} if i in exact else block for i, block in enumerate(turn.content)]
    return replace(turn, content=content) if exact else turn


@dataclass(frozen=True, slots=True)
class CallFailure:
    """The error of a model call, and the charges of its attempts."""

    error: CallError
    charges: tuple[Charge, ...]

    def to_json(self, accounts: Sequence[Account], redact: Callable[[str], str]) -> JSONObject:
        """Return the failure as JSON, its text redacted; an OverBudget names its budget by the place in `accounts`."""
        error = self.error
        facts: JSONObject = {"text": redact(str(error))}
        match error:
            case ModelError():
                facts |= {name: getattr(error, name) for name in MODEL_ERROR_FIELDS}
            case OverBudget():
                facts |= {"account": accounts.index(error.account), "is_about_prompt": error.is_about_prompt}
            case ProgramFault() | GivenUp():
                pass
        charges = [charge.to_json() for charge in self.charges]
        return {"error": type(error).__name__, **facts, "charges": charges}

    @classmethod
    def from_json(cls, value: JSONObject, accounts: Sequence[Account]) -> CallFailure:
        """Restore a failure from `to_json`."""
        text = value["text"]
        error: CallError
        match value["error"]:
            case "ModelError":
                error = ModelError(text, **{name: value[name] for name in MODEL_ERROR_FIELDS})
            case "OverBudget":
                place = int(value["account"])  # this execution may have fewer budgets
                account = accounts[place] if place < len(accounts) else Account(Budget(), "an earlier execution")
                account.is_exhausted = True
                error = OverBudget(text, account, is_about_prompt=value["is_about_prompt"])
            case "GivenUp":
                error = GivenUp(text)
            case _:
                error = ProgramFault(text)
        return cls(error, tuple(map(Charge.from_json, value["charges"])))


@dataclass(frozen=True, slots=True)
class CallResources:
    """The values that all model calls of a run share."""

    scope: RunScope
    retry: Retry
    run_budget: RunBudget
    own_prices: tuple[Price, ...] | None = None
    """The agent's own price tiers. None: those of the price table."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A request to the model and what is known about it."""

    request: Request
    turn_number: int
    """Counted from 1; 0 for the request of a summary."""
    counted_tokens: int = 0
    """Tokens that the server counted for the prefix and the first `counted_messages` messages. 0: not counted."""
    counted_messages: int = 0
    min_tokens: int = 1
    """The smallest `max_tokens` that a budget may lower the request to."""
    good_tokens: int = 0
    """The smallest `max_tokens` to take where a budget allows for it. 0: `min_tokens`."""
    needs_final_turn_reserve: bool = False
    """True if the budgets have to keep a reserve for the final turn beside this request."""
    on_call: OnToolCall | None = None
    """Called with each complete tool call while the reply is still streaming. None: nothing is called."""
    eager_calls: EagerCalls | None = None
    """The eager calls of the run, which durable steps record with the call. None: those of a summary."""
    reported_server_tools: dict[str, str] = field(default_factory=dict[str, str])
    """The events of server tools that were emitted while the reply was streamed; see `emit_server_tool`."""
