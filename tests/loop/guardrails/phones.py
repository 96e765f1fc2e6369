"""A caller with a phone that must not ring, and checks that take their time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import anyio

from agentkit import (
    Agent,
    Block,
    Check,
    Guardrail,
    RunContext,
    Seen,
    Verdict,
    tool,
)
from agentkit.testing import Reply

DONE = Reply.text("Done.")
HAIKU = "claude-haiku-5-5"


@dataclass
class Phone:
    """What was done, and a check that decides once something is asked for."""

    rang: list[str] = field(default_factory=list[str])
    asked: int = 0

    def check(self, verdict: Verdict, seconds: float = 0.02) -> Check:
        async def check(seen: Seen) -> Verdict:
            self.asked += 1
            await anyio.sleep(seconds)
            return verdict

        return check


@tool(effect="write")
async def ring(ctx: RunContext[Phone], number: str = "1") -> str:
    """Ring a phone."""
    ctx.deps.rang.append(number)
    return "It rang."


@tool(effect="read")
async def look(ctx: RunContext[Phone]) -> str:
    """Look a number up."""
    return "The number is 7."


NO = Block("It is fraud.", "I cannot do that.")


def guarded(verdict: Verdict, phone: Phone, seconds: float = 0.02, **more: Any) -> Agent[Phone, str, str]:
    options = {"tools": [ring, look], "guardrails": [Guardrail(phone.check(verdict, seconds))], **more}
    return Agent("caller", model=HAIKU, deps=Phone, **options)
