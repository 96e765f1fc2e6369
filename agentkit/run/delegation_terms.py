"""The terms of a delegation: the keywords of `as_tool(...)`, checked when they are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, cast, get_args

from typing_extensions import TypeVar

from agentkit.errors import DefinitionError
from agentkit.run.settings import Effort
from agentkit.run.value_checks import budget_problem, function_problem

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.models.model import Model

Out = TypeVar("Out", default=str)

Verify: TypeAlias = "Callable[[Out], str | Awaitable[str | None] | None]"
"""Checks an output of the right type: None, or the reason why it is not right, in a sentence for the sub-agent."""

MAX_DEPTH = 3
"""The default number of levels of sub-agents below a root run."""


@dataclass(frozen=True, slots=True)
class Escalate:
    """Try once more with another model, or more effort, in a new conversation that is shown what failed, and why.

    Raises DefinitionError if it names neither.
    """

    model: str | Model | None = None
    """A model id, or anything with the `Model` protocol. None: the model of the try before."""
    effort: Effort | None = None
    """The effort of the try. None: that of the agent."""

    def __post_init__(self) -> None:
        if self.model is None and self.effort is None:
            raise DefinitionError(
                'Escalate() goes nowhere: name a model, Escalate("claude-opus-5-5"), or more effort, '
                'Escalate(effort="high").'
            )


OnFailure: TypeAlias = 'Literal["tell", "retry"] | Escalate | Sequence[Escalate]'
"""The policy for a sub-agent that gives no answer.

`tell`: the delegating model reads the agent's name, its outcome, the reason, and its last reply. `retry`: it is tried
once more, in a new conversation. `Escalate(model)`: the same, with another model, which is shown what failed before;
several of them are tried one after another. If none gives an answer, the delegating model reads it as with `tell`.
"""


@dataclass(frozen=True, kw_only=True)
class Terms(Generic[Out]):
    """The keywords of `as_tool`. Raises DefinitionError for one that cannot work."""

    budget: Budget | None = None
    """A limit on each call, all its tries together. None: only the limits above it."""
    timeout_s: float | None = None
    """Seconds that each call may take, all its tries together. None: no limit but those above."""
    max_calls: int | None = None
    """The most calls that one run of the delegating agent may make. None: no limit."""
    max_depth: int = MAX_DEPTH
    """The deepest level below the root run at which the sub-agent may run: 1 is directly below it."""
    models: Mapping[str, str | Model] = field(default_factory=dict[str, "str | Model"])
    """The models that the delegating model may choose from, by the names that it uses. Empty: no choice."""
    verify: Verify[Out] | None = None
    """Checks each output beyond its type. None: the type is enough."""
    on_failure: OnFailure = "tell"
    """The policy for a call that brings no answer."""

    def __post_init__(self) -> None:
        for name, find_problem in (("budget", budget_problem), ("verify", function_problem("output"))):
            if (problem := find_problem(getattr(self, name))) is not None:
                raise DefinitionError(f"as_tool({name}=...): {problem}")
        for name, (wanted, is_right) in _FIELD_RULES.items():
            given = getattr(self, name)
            if given is not None and not is_right(given):
                raise DefinitionError(f"as_tool({name}={given!r}): it must be {wanted}")

    @property
    def escalations(self) -> tuple[Escalate, ...]:
        """The escalations of `on_failure`, in order."""
        match self.on_failure:
            case str():
                return ()
            case Escalate() as only:
                return (only,)
            case several:
                return tuple(several)


def _is_positive_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_positive_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_model_menu(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    menu = cast("Mapping[object, object]", value)
    return all(isinstance(name, str) and name and _is_model(model) for name, model in menu.items())


def _is_model(value: object) -> bool:
    return bool(value) if isinstance(value, str) else callable(getattr(value, "stream", None))


def _is_failure_policy(value: object) -> bool:
    if isinstance(value, str):
        return value in ("tell", "retry")
    several = cast("Sequence[object]", value) if isinstance(value, list | tuple) else [value]
    return bool(several) and all(map(_is_escalation, several))


def _is_escalation(value: object) -> bool:
    if not isinstance(value, Escalate) or (value.model is not None and not _is_model(value.model)):
        return False
    return value.effort is None or value.effort in get_args(Effort)


_FIELD_RULES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "timeout_s": ("a number of seconds above 0", _is_positive_number),
    "max_calls": ("a whole number above 0", _is_positive_integer),
    "max_depth": ("a whole number above 0", _is_positive_integer),
    "models": ('a dict of names and models, {"fast": "claude-haiku-5-5", "deep": "claude-opus-5-5"}', _is_model_menu),
    "on_failure": ('"tell", "retry" or Escalate("claude-opus-5-5"), or a list of the latter', _is_failure_policy),
}


def model_id(model: str | Model) -> str:
    """Return the id of a model, given as an id or as a `Model`."""
    return model if isinstance(model, str) else model.name
