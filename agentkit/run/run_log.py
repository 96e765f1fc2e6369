"""The lines of a run in the log: its start, its end, and each model call that is made again."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from agentkit.errors import ModelError
from agentkit.log import is_logged, log
from agentkit.redaction.exception_summary import summarize_exception
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.redaction.redactor import Redactor
    from agentkit.run.agent_spec import AnySpec
    from agentkit.run.result import RunResult


def log_start(spec: AnySpec) -> None:
    """Log the start of a run, with the tools whose effect is not declared and the use of declaring it."""
    if not is_logged(logging.INFO):
        return
    undeclared = [tool.name for tool in spec.agent_tools.tools.values() if tool.declared_effect is None]
    facts: dict[str, object] = {}
    if undeclared:
        facts["without_effect"] = undeclared
        facts["hint"] = 'taken for "write", so never retried or started early; declare @tool(effect="read") where true'
    log().info("run started", **facts)


def text_of_raised(error: BaseException, redactor: Redactor) -> str:
    """Return a summary, without secrets, of the exception that ends a run. Empty: the run is cancelled."""
    is_cancelled = not isinstance(error, Exception) and is_current_task_cancelled()
    return "" if is_cancelled else summarize_exception(error, redactor.text)


def log_end(result: RunResult[object], turns: int, began: float, raised: str = "") -> None:
    """Log the end of a run that began at this time of the monotonic clock.

    Args:
        result: The result of the run.
        turns: The number of turns.
        began: Its begin, in seconds.
        raised: The summary of the exception that ended it. Empty: none did.
    """
    is_failure = result.outcome is Outcome.FAILED and not raised
    if not is_logged(logging.WARNING if is_failure else logging.INFO):
        return
    usage, cost = result.usage, result.cost
    facts: dict[str, object] = {"outcome": str(Outcome.FAILED if raised else result.outcome)}
    if reason := raised or result.reason:
        facts["reason"] = reason
    facts |= {
        "turns": turns,
        "seconds": round(time.monotonic() - began, 3),
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": cost.usd,
    }
    if is_failure:
        log().warning("run finished", exc_info=None, **facts)
    else:
        log().info("run finished", **facts)


def log_asked_again(error: ModelError, turn: int, attempt: int, wait_s: float) -> None:
    """Log that a model call failed and is made again after so many seconds."""
    facts = {"turn": turn, "attempt": attempt, "wait_s": round(wait_s, 3), "kind": error.kind}
    facts |= {name: value for name in ("status", "request_id") if (value := getattr(error, name)) is not None}
    log().info("model call is asked again", **facts, reason=str(error))
