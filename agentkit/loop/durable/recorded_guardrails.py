"""The guardrails that a run had, in its recorded end: rebuilt, it has these, whatever the agent has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentkit.run.guardrails.guardrail import Guardrail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.messages.message import JSONObject
    from agentkit.run.guardrails.guardrail import Seen
    from agentkit.run.guardrails.verdicts import Verdict


def guardrails_to_json(guardrails: Sequence[Guardrail]) -> list[JSONObject]:
    """Return what the recorded verdicts of guardrails are found by, as JSON."""
    return [{"name": one.name, "on": [*one.places], "mode": one.mode} for one in guardrails]


def guardrails_from_json(recorded: Sequence[JSONObject]) -> list[Guardrail]:
    """Return guardrails that find these recorded verdicts, and ask nobody."""
    return [
        Guardrail(_is_recorded, on=tuple(one["on"]), mode=one["mode"], name=one["name"], server_tools="ignored")
        for one in recorded
    ]


async def _is_recorded(seen: Seen) -> Verdict:  # noqa: ARG001 - it is never asked
    raise AssertionError("the verdicts of a run that has ended are recorded")
