"""The guardrail: a check of the input, of tool calls, of their results or of the output, and when it is asked.

async def is_harmless(seen: Seen) -> Verdict:
    if "password" in seen.text:
        return Block("It asks for a password.", reply="I do not pass on passwords.")
    return Pass()

Agent("caller", ..., guardrails=[Guardrail(is_harmless)])
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property, partial
from typing import Any, Literal, Protocol, TypeAlias, cast, get_args, runtime_checkable

from agentkit.errors import DefinitionError
from agentkit.messages.message import Content, JSONObject
from agentkit.run.guardrails.verdicts import Place, Verdict
from agentkit.run.value_checks import seconds_problem, text_problem
from agentkit.schema.validation.unknown_options import refuse_unknown_fields
from agentkit.tools.options import takes_arguments
from agentkit.tools.run_context import RunContext

Mode: TypeAlias = Literal["beside", "before"]
"""`beside`: the main call starts at once, and shows and does nothing until the verdict; `before`: it waits for it."""
OnError: TypeAlias = Literal["block", "pass", "caution"]
"""The verdict where a check fails or is late."""

DEFAULT_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Seen:
    """The part of a run that a check looks at."""

    on: Place
    """The place."""
    text: str
    """Its text: of the prompt, of the arguments as JSON, of the result, of the answer."""
    content: Content | JSONObject
    """The whole of it: content blocks, or the arguments of a call."""
    agent: str
    """The agent that reads, calls or answers."""
    tool: str
    """The name of the tool. Empty: it is about the input or the output."""
    ctx: RunContext[Any]
    """The context of the run that names the guardrail, with its `deps`."""
    make_messages: Callable[[], Sequence[JSONObject]] = field(default=tuple, repr=False, compare=False)
    """Returns the messages, which few checks read."""

    @cached_property
    def messages(self) -> Sequence[JSONObject]:
        """The whole conversation of that agent so far, the prompt included, as the API's own dictionaries."""
        return self.make_messages()


Check: TypeAlias = "Callable[[Seen], Awaitable[Verdict]]"
"""Looks at a part of a run and gives its verdict."""


@runtime_checkable
class HasCheck(Protocol):
    """Anything that is given as a check and brings the function for it, such as a classifier."""

    def as_check(self) -> Check:
        """Return the check. Called once, when the guardrail is made."""
        ...


@dataclass(frozen=True)
class Guardrail:
    """A check, the places where it looks, and what happens when it fails. Raises DefinitionError where it cannot work.

    Several together: the strictest verdict counts, and the first block ends the waiting for the others. What a check
    does itself is not checked, and what its runs spend is part of the budgets and costs of the run.
    """

    check: Check | HasCheck
    """An async function of what it sees, or an object that brings one."""
    _: KW_ONLY
    on: Place | Sequence[Place] = "input"
    """The places: `input` and `output` of the agent that names it; `tool_call` and `tool_result` here and in all runs
    below."""
    mode: Mode | None = None
    """For `input`. None: `beside`. Everywhere else a check comes before: before the call, before the model reads the
    result, before the output is shown."""
    on_error: OnError = "block"
    """The verdict where the check raises, is late, or gives none."""
    timeout_s: float = DEFAULT_TIMEOUT_S
    """Seconds after which it is late."""
    server_tools: Literal["refused", "ignored"] = "refused"
    """`ignored`: an agent that uses tools which the API executes takes the guardrail beside its calls, although they
    run before the verdict. `refused`: such an agent needs `mode="before"`."""
    name: str = ""
    """Its name in verdicts. Empty: that of the check."""

    def __post_init__(self) -> None:
        problem = self._find_problem()
        if problem is not None:
            raise DefinitionError(f"Guardrail({self._check_name}): {problem}.")
        if not self.name:
            object.__setattr__(self, "name", self._check_name)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The places where it looks."""
        return (self.on,) if isinstance(self.on, str) else tuple(self.on)

    @property
    def is_beside(self) -> bool:
        """True if it looks at the input beside the main call."""
        return "input" in self.places and self.mode != "before"

    @cached_property
    def function(self) -> Check:
        """The function that gives the verdict."""
        return self.check.as_check() if isinstance(self.check, HasCheck) else self.check

    @property
    def _check_name(self) -> str:
        check: object = self.check
        while isinstance(check, partial):
            check = cast("partial[object]", check).func
        return str(getattr(check, "name", "") or getattr(check, "__name__", "") or type(check).__name__)

    def _find_problem(self) -> str | None:
        if isinstance(self.check, type) or not (isinstance(self.check, HasCheck) or callable(self.check)):
            return (
                "it takes an async function, `async def check(seen)`, that returns Pass(), Caution(...) or Block(...)"
            )
        if not takes_arguments(self.function, 1):
            return "its check is called with one argument: `async def check(seen)`"
        if not self.places or any(one not in get_args(Place) for one in self.places):
            return f"on={self.on!r}: it takes {', '.join(map(repr, get_args(Place)))}, or several of them"
        if self.mode not in (None, *get_args(Mode)):
            return f'mode={self.mode!r}: it takes "beside" or "before"'
        if self.mode == "beside" and self.places != ("input",):
            others = " and ".join(repr(one) for one in self.places if one != "input")
            return f'mode="beside" goes with on="input" only; on {others} it always comes before: leave `mode` out'
        if self.on_error not in get_args(OnError):
            return f'on_error={self.on_error!r}: it takes "block", "pass" or "caution"'
        if (problem := seconds_problem(self.timeout_s)) is not None:
            return f"timeout_s=...: {problem}"
        if self.server_tools not in ("refused", "ignored"):
            return f'server_tools={self.server_tools!r}: it takes "refused" or "ignored"'
        problem = text_problem(self.name)
        return None if problem is None else f"name=...: {problem}"


refuse_unknown_fields(Guardrail, "Guardrail(...)")


def check_guardrails(given: object) -> None:
    """Raise DefinitionError for anything but a list of guardrails."""
    if not isinstance(given, list | tuple):
        raise DefinitionError(f"it takes a list of guardrails, `[Guardrail(check)]`, not {given!r}")
    for one in cast("Sequence[object]", given):
        if not isinstance(one, Guardrail):
            hint = f": Guardrail({getattr(one, '__name__', 'check')})" if callable(one) else ""
            raise DefinitionError(f"{one!r} is no Guardrail{hint}")


def check_server_tools(guardrails: Sequence[Guardrail], server_tools: Sequence[str]) -> None:
    """Raise DefinitionError for a guardrail beside calls in which the API executes tools: there is no gate for them."""
    for one in guardrails:
        if server_tools and one.is_beside and one.server_tools != "ignored":
            raise DefinitionError(
                f"the API executes {', '.join(server_tools)} before Guardrail({one.name}) has given its verdict: take "
                'Guardrail(..., mode="before"), or say Guardrail(..., server_tools="ignored")'
            )
