"""Secrets in tool results and exceptions: neither the model nor the log gets them."""

from __future__ import annotations

from dataclasses import replace

from agentkit import RunContext, tool
from agentkit.messages.message import Block
from agentkit.redaction.redactor import REDACTED
from agentkit.simulator import Reply
from benchmarks.faults.agents import Deps, find, worker
from benchmarks.faults.scenario import (
    FINAL_REPLY,
    KEY,
    PROMPT_MESSAGE,
    Scenario,
    ScenarioResult,
    assistant_message,
    completes_despite,
    error_result,
    fails_for_good,
    ok_result,
    tool_call,
    user_message,
)

SECRETS = "Secrets in results, logs and reports"

# None of them could stand in an id or a time of the log by chance.
_SECRETS = ("sk-ant-api03-abc", "a1b2c3d4e5f6a7b8c9", "hunter2", KEY, "oolong-4711")
_TEXT = "{}, Bearer {}, postgres://tea:{}@db/shop, {}, PIN: {}"
_WITHOUT_DETAILS = "`leak` failed with an internal error (error id X). Changing the arguments may not help."


@tool(effect="read")
async def leak(ctx: RunContext[Deps], how: str) -> str:
    """Leak secrets, in a result or in an exception."""
    ctx.deps.record("leak")
    if how == "raise":
        raise RuntimeError(_TEXT.format(*_SECRETS))
    return _TEXT.format(*_SECRETS)


def leaked(how: str, case: str, result: Block) -> Scenario:
    """The tool leaks secrets, and the model reads the redacted text."""
    made = tool_call("c1", "leak", how=how)
    return completes_despite(
        SECRETS,
        case,
        agent=replace(worker, tools=[find, leak], redact=["PIN"]),
        script=(made, FINAL_REPLY),
        saw=(PROMPT_MESSAGE, assistant_message(made), user_message(result)),
        requests=2,
        executed=("leak",),
        also=_is_clean,
    )


def _is_clean(played: ScenarioResult) -> bool:
    return not any(secret in line for line in played.log for secret in _SECRETS)


SCENARIOS = (
    leaked("return", "in a result", ok_result("c1", _TEXT.format(*[REDACTED] * len(_SECRETS)))),
    leaked("raise", "in an exception: not in the log either", error_result("c1", _WITHOUT_DETAILS)),
    fails_for_good(
        SECRETS,
        "in an error of the API, which repeats the key",
        script=(Reply.failure(400, "invalid_request_error", f"Not with the key {KEY}."),),
        reason=f"Not with the key {REDACTED}.",
        also=_is_clean,
    ),
)
