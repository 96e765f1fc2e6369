"""The checks of a cascade: functions, types, graders and agreement, each with a name and an id, and what they say.

Two rules for this file: only a check that says yes lets an answer pass; and one that raises, or says something that is
no verdict, is a gap with a name.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypeIs

from agentkit.agents.agent import Agent
from agentkit.errors import DefinitionError, InvalidArguments
from agentkit.messages.message import JSON
from agentkit.patterns.escalation.agreement import Agreement
from agentkit.patterns.escalation.grader import Grade, is_grader
from agentkit.patterns.kept_results import agent_fingerprint
from agentkit.run.output import InvalidAnswer, OutputSpec

OneCheck: TypeAlias = "Callable[..., object] | Agent[Any, Any, Any] | Agreement[Any] | TypeAdapter[Any] | type"
"""A function of the output, or of the output and the input; a grader; agreement; or a type that has to fit.

A function, sync or async, returns None or True when the output is right, and otherwise False or the reason, in a
sentence for the next level. A ValidationError of pydantic is such a reason; any other exception is a gap.
"""
Check: TypeAlias = "OneCheck | Sequence[OneCheck]"
"""One check, or several, one after another until one says no: put the cheap ones first."""
CheckFunction: TypeAlias = "Callable[[Any, Any], object]"
"""Takes the output and the input."""


@dataclass(frozen=True, slots=True)
class FunctionCheck:
    """A check that is a function."""

    name: str
    """The name, for reasons and gaps."""
    id: str
    """A text that differs for checks that may say other things."""
    function: CheckFunction


@dataclass(frozen=True, slots=True)
class GraderCheck:
    """A check that is a grader."""

    name: str
    """The name, for reasons and gaps."""
    id: str
    """A text that differs for graders that may say other things."""
    grader: Agent[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class PreparedChecks:
    """The checks of a level."""

    checks: tuple[FunctionCheck | GraderCheck, ...] = ()
    """Functions and graders, in order."""
    agreement: Agreement[Any] | None = None
    """None: one answer is enough."""

    @property
    def id(self) -> str:
        """An id that differs for checks that may say other things."""
        agreed = "" if self.agreement is None else f"{self.agreement.answers}/{self.agreement.needed}"
        return short_hash(agreed, *(check.id for check in self.checks))


def prepare_checks(given: Check | None) -> PreparedChecks:
    """Return the checks that were given. Raises DefinitionError for what is no check."""
    several = () if given is None else cast("Sequence[object]", given if isinstance(given, list | tuple) else [given])
    agreements = [one for one in several if _is_agreement(one)]
    if len(agreements) > 1:
        raise DefinitionError("cascade(check=...): it has two Agreements; one says how many answers have to agree.")
    checks = tuple(_named(one) for one in several if not _is_agreement(one))
    return PreparedChecks(checks, agreements[0] if agreements else None)


def _named(check: object) -> FunctionCheck | GraderCheck:
    if _is_agent(check):
        if not is_grader(check):
            raise DefinitionError(
                f"cascade(check=...): Agent({check.name!r}) is no grader: it takes output=Grade, as "
                'grading_agent("...") has it.'
            )
        return GraderCheck(check.name, agent_fingerprint(check), check)
    if _is_adapter(check):
        return FunctionCheck(repr(check), repr(check), partial(_fits_adapter, check))
    if isinstance(check, type):
        spec = OutputSpec[object].for_type(check)
        return FunctionCheck(spec.name, repr(spec.form.schema), partial(_fits_type, spec))
    if not callable(check):
        raise DefinitionError(
            f"cascade(check={check!r}): a check is a function `def check(output)`, a grader, an Agreement or a type."
        )
    name = getattr(check, "__qualname__", type(check).__qualname__).rpartition(".")[2]
    return FunctionCheck(name, _function_id(check), as_check_function(check, f"cascade(check={name})"))


def _is_agent(check: object) -> TypeIs[Agent[Any, Any, Any]]:
    return isinstance(check, Agent)


def _is_adapter(check: object) -> TypeIs[TypeAdapter[Any]]:
    return isinstance(check, TypeAdapter)


def _is_agreement(check: object) -> TypeIs[Agreement[Any]]:
    return isinstance(check, Agreement)


def _fits_adapter(adapter: TypeAdapter[Any], output: object, _: object) -> None:
    if isinstance(output, str):
        adapter.validate_json(output)
    else:
        adapter.validate_python(output)


def _fits_type(spec: OutputSpec[object], output: object, _: object) -> str | None:
    try:
        if isinstance(output, str):
            spec.from_text(output)
        else:
            spec.form.inner.validate(cast("JSON", output))
    except (InvalidAnswer, InvalidArguments) as error:
        return str(error)
    return None


def as_check_function(check: Callable[..., object], where: str) -> CheckFunction:
    """Return a function of the output, or of output and input, as one of both. Raises DefinitionError for another.

    Args:
        check: The function.
        where: The argument that it was given as, for the error.
    """
    if not callable(cast("object", check)):
        raise DefinitionError(f"{where}: {type(check).__name__} is no function.")
    try:
        parameters = inspect.signature(check).parameters.values()
    except (TypeError, ValueError):  # some built-in functions have no signature
        return lambda output, _: check(output)
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [one for one in parameters if one.kind in kinds and one.default is inspect.Parameter.empty]
    others = [one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    takes_one = any(one.kind in (*kinds, inspect.Parameter.VAR_POSITIONAL) for one in parameters)
    if not takes_one or len(required) > 2 or any(one.default is inspect.Parameter.empty for one in others):
        raise DefinitionError(f"{where}: the function takes the output, or the output and the input.")
    return check if len(required) == 2 else lambda output, _: check(output)


def _function_id(check: Callable[..., object]) -> str:
    """Return a text that differs for functions of another name or another source."""
    name = f"{check.__module__}.{getattr(check, '__qualname__', type(check).__qualname__)}"
    try:
        return f"{name}\0{inspect.getsource(cast('Any', check))}"
    except (OSError, TypeError):  # a function made at run time, or an instance of a class
        return name


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of the checks on one answer."""

    problem: str = ""
    """The reason why the answer is not accepted. Empty: it is."""
    gap: str = ""
    """The check that gave no verdict, and why. Empty: all did."""

    @property
    def accepted(self) -> bool:
        """True if every check has said yes."""
        return not self.problem and not self.gap


def verdict_of(name: str, said: object) -> Verdict:
    """Return the verdict that a check's return value stands for."""
    match said:
        case None | True:
            return Verdict()
        case False:
            return Verdict(f"The check {name!r} says that it is not right.")
        case str():
            return Verdict(said.strip() or f"The check {name!r} says that it is not right, without a reason.")
        case Grade():
            reason = said.reason.strip() or f"The grader {name!r} says that it is not right, without a reason."
            return Verdict() if said.correct else Verdict(reason)
        case _:
            kind = type(said).__name__
            return Verdict(
                gap=f"the check {name!r} returned {kind} instead of None, True, False or a reason, which says nothing"
            )


def verdict_of_error(name: str, error: Exception) -> Verdict:
    """Return the verdict that an exception of a check stands for: a problem that pydantic names, or else a gap."""
    if isinstance(error, ValidationError):
        return Verdict(_describe(error))
    said = f": {error}" if str(error) else ""
    return Verdict(gap=f"the check {name!r} raised {type(error).__name__}{said}")


def _describe(error: ValidationError) -> str:
    lines = [
        f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}" for one in error.errors(include_url=False)
    ]
    return "It does not fit: " + "; ".join(lines) + "."


def short_hash(*texts: str) -> str:
    """Return the beginning of the SHA-256 of some texts."""
    return hashlib.sha256("\0".join(texts).encode(errors="replace")).hexdigest()[:8]
