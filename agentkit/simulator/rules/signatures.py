"""Thinking that comes back must stand where it was said: the rule of the models that bind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agentkit.simulator.binding import broken_binding
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.simulator.rules.refusal import Asked


_BETA = "thinking-binding-controls-2026-08-01"


def check_signatures(asked: Asked) -> str | None:
    """The text of the refusal for a thinking block whose past is not what it was, unless such blocks are dropped."""
    controls = asked.part("thinking").get("block_binding")
    if controls is not None and _BETA not in asked.edition.betas:
        return APPROXIMATE["extra"].format(field="thinking.block_binding")
    is_dropped = cast("JSONObject", controls or {}).get("prefix_mismatch_behavior") == "drop_block"
    return broken_binding(asked.body) if asked.facts.binds_thinking and not is_dropped else None
