"""Thinking that comes back must stand where it was said: the rule of the models that bind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentkit.simulator.binding import broken_binding

if TYPE_CHECKING:
    from agentkit.simulator.rules.refusal import Asked


def check_signatures(asked: Asked) -> str | None:
    """The text of the refusal for a thinking block whose past is not what it was."""
    return broken_binding(asked.body) if asked.facts.binds_thinking else None
