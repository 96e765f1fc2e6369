"""Secrets in tool results and exceptions: neither the model nor the log gets them."""

from __future__ import annotations

from dataclasses import replace

from agentkit import RunContext, tool
from agentkit.messages.message import Block
from agentkit.redaction.redactor import REDACTED
from benchmarks.faults.desk import Desk, find, worker
from benchmarks.faults.scenario import DONE, GO, KEY, Played, Scenario, call, hears, no, ok, says, survives

SECRETS = "Secrets in results, logs and reports"

# None of them could stand in an id or a time of the log by chance.
_SECRETS = ("sk-ant-api03-abc", "a1b2c3d4e5f6a7b8c9", "hunter2", KEY, "oolong-4711")
_TEXT = "{}, Bearer {}, postgres://tea:{}@db/shop, {}, PIN: {}"
_NOT_TOLD = "`leak` failed with an internal error (error id X). Changing the arguments may not help."


@tool(effect="read")
async def leak(ctx: RunContext[Desk], how: str) -> str:
    """Leak secrets, in a result or in an exception."""
    ctx.deps.did("leak")
    if how == "raise":
        raise RuntimeError(_TEXT.format(*_SECRETS))
    return _TEXT.format(*_SECRETS)


def leaked(how: str, case: str, told: Block) -> Scenario:
    """The tool leaks secrets, and the model reads the redacted text."""
    made = call("c1", "leak", how=how)
    return survives(
        SECRETS,
        case,
        agent=replace(worker, tools=[find, leak], redact=["PIN"]),
        script=(made, DONE),
        saw=(GO, says(made), hears(told)),
        requests=2,
        executed=("leak",),
        also=_is_clean,
    )


def _is_clean(played: Played) -> bool:
    return not any(secret in line for line in played.log for secret in _SECRETS)


SCENARIOS = (
    leaked("return", "in a result", ok("c1", _TEXT.format(*[REDACTED] * len(_SECRETS)))),
    leaked("raise", "in an exception: not in the log either", no("c1", _NOT_TOLD)),
)
