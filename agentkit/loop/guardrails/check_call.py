"""One call of a check: whatever it does, a verdict comes of it, or the reason why there is none.

Two rules for this file: a check has a task of its own, so that it cancels nobody else; and what ends it is its failure,
unless it is the cancellation of the run, an interrupt or an exit of the program.
"""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

import anyio
import anyio.lowlevel

from agentkit.errors import RunIncomplete
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.run.guardrails.verdicts import Block, Caution, Pass, Verdict
from agentkit.tool_calls.failures import leaf_exceptions
from agentkit.tool_calls.own_task import call_in_own_task

if TYPE_CHECKING:
    from agentkit.run.guardrails.guardrail import Check, Guardrail, Seen


MOST_NESTED = 4
"""The checks that may be under way inside of each other: a check runs an agent, which has a check, and so on."""
_under_way: ContextVar[tuple[Check, ...]] = ContextVar("checks under way", default=())
"""The checks that have started, by an agent that they run, the run that is being checked. Each has a task of its own,
so that nothing has to be reset."""


class CheckEnd(NamedTuple):
    """The end of a check."""

    verdict: Verdict | None
    """Its verdict. None: it gave none."""
    problem: str = ""
    """The reason why it gave none, without a full stop."""
    error: BaseException | None = None
    """The exception that it raised, for the log. None: there is none that says more than the reason."""


async def call_check(guardrail: Guardrail, seen: Seen) -> CheckEnd:
    """Call the check of a guardrail, and return how it ends. A verdict that comes late is none."""
    limit = anyio.current_time() + guardrail.timeout_s
    late = CheckEnd(None, f"it gave no verdict within {guardrail.timeout_s:g} s")

    async def call() -> CheckEnd:
        outer = _under_way.get()
        if guardrail.function in outer or len(outer) >= MOST_NESTED:
            return CheckEnd(None, "it was asked about a run that it has started itself")
        _under_way.set((*outer, guardrail.function))
        try:
            returned: object = guardrail.function(seen)
            return _end_with(await returned if inspect.isawaitable(returned) else returned)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            if any(isinstance(one, KeyboardInterrupt | SystemExit) for one in leaf_exceptions(error)):
                raise
            is_abstention = isinstance(error, RunIncomplete)  # said on purpose: no traceback says more
            return CheckEnd(None, _words_of(error), None if is_abstention else error)

    try:
        with anyio.CancelScope() as scope:
            set_deadline(scope, guardrail.timeout_s)
            end = await call_in_own_task(call)
            return end if anyio.current_time() < limit else late
    except RuntimeError as error:  # a scope that it left open: what it raises ends in `call`
        return CheckEnd(None, str(error))
    await anyio.lowlevel.checkpoint_if_cancelled()
    return late


def _end_with(returned: object) -> CheckEnd:
    if isinstance(returned, Pass | Caution | Block):
        return CheckEnd(returned)
    return CheckEnd(None, f"it returned {returned!r}, which is no verdict: return Pass(), Caution(...) or Block(...)")


def _words_of(error: BaseException) -> str:
    if all(isinstance(one, anyio.get_cancelled_exc_class()) for one in leaf_exceptions(error)):
        return "it was cancelled, although the run was not"
    try:
        return f"it raised {type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - the class of the check, whose `__str__` raises
        return f"it raised {type(error).__name__}"
