"""Calls of `verify=`, each as a step: a function of the program that says why an output is not right."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from agentkit.errors import UsageError
from agentkit.redaction.redactor import text_without_secrets
from agentkit.run.steps import run_step

if TYPE_CHECKING:
    from agentkit.loop.guardrails.run_guard import RunGuard
    from agentkit.loop.output_validation import OutputCheckFunction
    from agentkit.messages.message import JSONObject
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.delegation_terms import Verify
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Steps

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(slots=True)
class Verification(Generic[Out]):
    """Calls one `verify=` for the outputs of one run."""

    verify: Verify[Out]
    step_name: str
    """The beginning of the names of its steps: an agent and the terms of its delegation may both have one."""
    steps: Steps | None = None
    """The steps of the run. None: it is called from Python."""
    redact: Callable[[str], str] = text_without_secrets
    """Removes secrets from the reasons."""
    _count: int = field(default=0, init=False)

    async def check(self, output: Out) -> str | None:
        """Return the reason why the output is sent back, or None. Raises what the function raises."""

        async def effect() -> JSONObject:
            found = self.verify(output)
            reason: object = await found if inspect.isawaitable(found) else found
            return {"reason": None if reason is None else self.redact(_checked_reason(reason))}

        self._count += 1
        name = f"{self.step_name}:{self._count}"
        checked = await effect() if self.steps is None else await run_step(self.steps, name, "check", effect)
        reason: str | None = checked["reason"]
        return reason


def _checked_reason(reason: object) -> str:
    if isinstance(reason, str) and reason.strip():
        return reason
    raise UsageError(
        f"The function of `verify=` returned {reason!r}: return None for an output that is right, and otherwise the "
        "reason why it is not, as text for the model."
    )


def output_checks(
    spec: AgentSpec[Deps, In, Out],
    scope: RunScope,
    of_delegation: OutputCheckFunction[Out] | None,
    guard: RunGuard | None,
) -> list[OutputCheckFunction[Out]]:
    """Return the checks of the output of a run beyond its type, one after another."""
    own = spec.verify and Verification(spec.verify, "own_verify", scope.steps, scope.redactor.text).check
    by_guardrails = None if guard is None else guard.check_output
    return [check for check in (of_delegation, own, by_guardrails) if check is not None]
